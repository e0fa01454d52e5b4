// SPDX-License-Identifier: Apache-2.0
#include "cli/views.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/sanitize.h"
#include "cli/json_fields.h"
#include "serf/view_checksum.h"

namespace rollcall::cli {
namespace {

using ViewsJson = nlohmann::ordered_json;

constexpr unsigned kPartBits = 4;      // what an agent splits a part by
constexpr unsigned kMostBits = 32;     // and how far
constexpr std::size_t kFewNames = 16;  // names that usually fit into one answer
constexpr std::size_t kMostListed = 50;

std::size_t count_in(const ViewsJson& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
}

std::string place_text(unsigned bits, std::uint64_t prefix) {
    return std::to_string(bits) + ' ' + std::to_string(prefix);
}

// A JSON answer to the question; nullopt if it is one to another, or none.
std::optional<ViewsJson> parse_answer(const std::optional<std::string>& text,
                                      const std::string& at) {
    if (!text) return {};
    ViewsJson json = ViewsJson::parse(*text, nullptr, false);
    if (!json.is_object() || text_in(json, "at") != at) return {};
    return json;
}

std::string name_list(const std::set<std::string>& names) {
    std::string text;
    std::size_t count = 0;
    for (const std::string& name : names) {
        if (++count > kMostListed) break;
        text += (text.empty() ? "" : ", ") + sanitized(name);
    }
    if (names.size() > kMostListed) {
        text += " and " + std::to_string(names.size() - kMostListed) + " more";
    }
    return text;
}

std::string counted(std::size_t count, std::string_view what) {
    return std::to_string(count) + ' ' + std::string{what} + (count == 1 ? "" : "s");
}

}  // namespace

std::optional<AgentSummary> parse_summary(std::string_view text) {
    const ViewsJson json = ViewsJson::parse(text, nullptr, false);
    if (!json.is_object() || text_in(json, "view").empty()) return {};
    return AgentSummary{.view = text_in(json, "view"),
                        .version = text_in(json, "version"),
                        .up = count_in(json, "up"),
                        .failed = count_in(json, "failed"),
                        .left = count_in(json, "left")};
}

// --- the search ----------------------------------------------------------------------------------

ViewSearch::ViewSearch(const std::set<std::string>& ours) {
    for (const std::string& name : ours) ours_.emplace(serf::view_hash(name), name);
}

std::vector<std::string> ViewSearch::ours_in(unsigned bits, std::uint64_t prefix) const {
    const std::uint64_t low = bits == 0 ? 0 : prefix << (64 - bits);
    const std::uint64_t high = bits == 0 ? ~std::uint64_t{0} : low | (~std::uint64_t{0} >> bits);
    std::vector<std::string> names;
    for (auto it = ours_.lower_bound(low); it != ours_.end() && it->first <= high; ++it) {
        names.push_back(it->second);
    }
    return names;
}

ViewDifference ViewSearch::run(const Ask& ask) {
    ViewDifference found;
    std::vector<Part> open{{.theirs = kFewNames + 1}};
    unsigned questions = 0;
    while (!open.empty()) {
        const Part part = open.back();
        open.pop_back();
        if (part.theirs == 0) {
            for (std::string& name : ours_in(part.bits, part.prefix)) {
                found.missing.insert(std::move(name));
            }
            continue;
        }
        if (++questions > kMostQuestions) {
            found.complete = false;
            break;
        }
        if (part.theirs <= kFewNames && compare_names(part, ask, found)) continue;
        if (part.bits >= kMostBits || !split(part, ask, open)) found.complete = false;
    }
    return found;
}

// False: not all names fitted into the answer, or none came.
bool ViewSearch::compare_names(const Part& part, const Ask& ask, ViewDifference& found) {
    const std::string at = place_text(part.bits, part.prefix);
    const auto json = parse_answer(ask("names " + at), at);
    if (!json || count_in(*json, "more") > 0) return false;
    const auto names = json->find("names");
    if (names == json->end() || !names->is_array()) return false;
    std::set<std::string> theirs;
    for (const ViewsJson& name : *names) {
        if (name.is_string()) theirs.insert(name.get<std::string>());
    }
    const std::vector<std::string> list = ours_in(part.bits, part.prefix);
    const ViewDifference here = difference_of({list.begin(), list.end()}, theirs);
    found.missing.insert(here.missing.begin(), here.missing.end());
    found.extra.insert(here.extra.begin(), here.extra.end());
    return true;
}

bool ViewSearch::split(const Part& part, const Ask& ask, std::vector<Part>& differing) const {
    const std::string at = place_text(part.bits, part.prefix);
    const auto json = parse_answer(ask("parts " + at), at);
    if (!json) return false;
    const auto parts = json->find("parts");
    if (parts == json->end() || !parts->is_array() || parts->size() != (1u << kPartBits)) {
        return false;
    }
    for (std::uint64_t i = 0; i < parts->size(); ++i) {
        const ViewsJson& theirs = (*parts)[i];
        if (!theirs.is_array() || theirs.size() != 2 || !theirs[0].is_string() ||
            !theirs[1].is_number_unsigned()) {
            return false;
        }
        const unsigned bits = part.bits + kPartBits;
        const std::uint64_t prefix = part.prefix << kPartBits | i;
        std::uint64_t sum = 0;
        for (const std::string& name : ours_in(bits, prefix)) sum += serf::view_hash(name);
        if (theirs[0].get<std::string>() == serf::checksum_text(sum)) continue;
        differing.push_back(
            {.bits = bits, .prefix = prefix, .theirs = theirs[1].get<std::size_t>()});
    }
    return true;
}

ViewDifference difference_of(const std::set<std::string>& ours,
                             const std::set<std::string>& theirs) {
    ViewDifference found;
    std::ranges::set_difference(ours, theirs, std::inserter(found.missing, found.missing.end()));
    std::ranges::set_difference(theirs, ours, std::inserter(found.extra, found.extra.end()));
    return found;
}

// --- the groups ----------------------------------------------------------------------------------

void Views::add(const std::string& agent, const AgentSummary& summary) {
    agents_.emplace(agent, summary);
    silent_.erase(agent);
}

void Views::add_silent(const std::string& member, Silence silence) {
    if (agents_.contains(member)) return;
    const auto [known, fresh] = silent_.emplace(member, silence);
    // An ack somewhere says more than silence elsewhere.
    if (!fresh && silence == Silence::no_answers) known->second = silence;
}

std::vector<Views::Group>& Views::arrange(const std::string& first_agent) {
    std::map<std::string, Group> by_view;
    for (const auto& [agent, summary] : agents_) {
        Group& group = by_view[summary.view];
        if (group.agents.empty()) group.summary = summary;
        group.agents.insert(agent);
    }
    groups_.clear();
    for (auto& [view, group] : by_view) groups_.push_back(std::move(group));
    std::ranges::stable_sort(groups_, [&](const Group& a, const Group& b) {
        const bool a_first = a.agents.contains(first_agent);
        const bool b_first = b.agents.contains(first_agent);
        return a_first != b_first ? a_first : a.agents.size() > b.agents.size();
    });
    return groups_;
}

std::set<std::string> Views::of(Silence silence) const {
    std::set<std::string> names;
    for (const auto& [name, kind] : silent_) {
        if (kind == silence) names.insert(name);
    }
    return names;
}

std::string Views::as_text() const {
    std::string text = counted(groups_.size(), "view") + " of the cluster, " +
                       counted(agents_.size(), "agent") + " answered\n";
    for (const Group& group : groups_) {
        text += "\nview " + sanitized(group.summary.view) + ": " +
                counted(group.summary.up, "member") + " up, " +
                std::to_string(group.summary.failed) + " failed, for " +
                counted(group.agents.size(), "agent") + "\n    agents: " + name_list(group.agents) +
                '\n';
        if (!group.difference) continue;
        const ViewDifference& d = *group.difference;
        if (!d.missing.empty())
            text += "    not up, unlike in the first view: " + name_list(d.missing) + '\n';
        if (!d.extra.empty())
            text += "    up, unlike in the first view: " + name_list(d.extra) + '\n';
        if (!d.complete) text += "    more differ than were asked for\n";
    }
    const auto lines = [&](std::string_view headline, Silence silence) {
        const auto names = of(silence);
        if (!names.empty()) text += std::string{headline} + name_list(names) + '\n';
    };
    if (!silent_.empty()) text += '\n';
    lines("failed here, not asked: ", Silence::failed);
    lines("acked without an answer, as Serf agents do: ", Silence::no_answers);
    lines("silent: ", Silence::silent);
    return text;
}

std::string Views::as_json() const {
    ViewsJson views = ViewsJson::array();
    for (const Group& group : groups_) {
        ViewsJson view{{"view", group.summary.view},
                       {"agents", group.agents},
                       {"up", group.summary.up},
                       {"failed", group.summary.failed},
                       {"left", group.summary.left}};
        if (group.difference) {
            view["missing"] = group.difference->missing;
            view["extra"] = group.difference->extra;
            view["complete"] = group.difference->complete;
        }
        views.push_back(std::move(view));
    }
    const ViewsJson json{{"views", views},
                         {"failed", of(Silence::failed)},
                         {"no_answers", of(Silence::no_answers)},
                         {"silent", of(Silence::silent)}};
    return json.dump(-1, ' ', false, ViewsJson::error_handler_t::replace) + '\n';
}

}  // namespace rollcall::cli
