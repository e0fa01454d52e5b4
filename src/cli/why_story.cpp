// SPDX-License-Identifier: Apache-2.0
#include "cli/why_story.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/joined.h"
#include "base/sanitize.h"
#include "cli/json_fields.h"
#include "cli/member_details.h"
#include "cli/times.h"

namespace rollcall::cli {
namespace {

using StoryJson = nlohmann::ordered_json;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t kTimeOfDay = sizeof "2026-11-30T" - 1;
constexpr std::size_t kWholeSeconds = sizeof "02:10:03" - 1;

StoryJson parse_story(std::string_view text) {
    return StoryJson::parse(text, nullptr, false);
}

std::optional<std::int64_t> number_in(const StoryJson& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer()) return {};
    const auto number = found->get<std::int64_t>();
    // Anything else is no age; and it must not overflow in ns.
    constexpr std::int64_t most = std::int64_t{1} << 43;
    return number < 0 || number > most ? std::nullopt : std::optional{number};
}

// How the member's change reached the agent, unless the text has it.
std::string source_text(const StoryJson& record, const std::string& text) {
    const std::string via = text_in(record, "via");
    const std::string peer = text_in(record, "peer");
    if (peer.empty() || text.find("push-pull with") != std::string::npos) return "";
    const std::string sender = peer == text_in(record, "address") ? "it" : sanitized(peer);
    if (via == "gossip") return " (gossip from " + sender + ")";
    if (via == "push-pull") return " (push-pull with " + sender + ")";
    return "";
}

std::string padded_left(const std::string& text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string record_line(const std::string& encoded, std::int64_t now) {
    const StoryJson record = parse_story(encoded);
    if (!record.is_object()) return "  (a record that this version cannot read)\n";
    const std::string time = text_in(record, "time");
    const auto at = parse_utc(time);
    const std::string text = sanitized(text_in(record, "message"));
    return "  " + (at ? time.substr(kTimeOfDay, kWholeSeconds) : std::string(kWholeSeconds, '?')) +
           padded_left(at ? age_text(microseconds{now - *at}) : "?", 9) + " ago  " + text +
           source_text(record, text) + '\n';
}

std::string probe_text(const rpc::MemberDetails& details) {
    std::string text = "incarnation " + std::to_string(details.incarnation);
    if (details.ack_age < 0) return text + "; it has not answered a probe of this agent";
    text += "; last ack " + age_text(std::chrono::nanoseconds{details.ack_age}) + " ago";
    const std::string rtt = round_trip_text(details);
    return rtt.empty() ? text : text + ", in " + rtt;
}

std::vector<std::string> accusers_in(const StoryJson& json) {
    std::vector<std::string> names;
    const auto by = json.find("by");
    if (by == json.end() || !by->is_array()) return names;
    for (const StoryJson& name : *by) {
        if (name.is_string()) names.push_back(name.get<std::string>());
    }
    return names;
}

StoryJson other_json(const OtherView& view) {
    StoryJson json{{"known", view.known}};
    if (view.known) {
        json["status"] = view.details.member.status;
        json["state"] = view.details.state;
        json["since_ms"] = view.details.state_age / 1'000'000;
        json["by"] = view.details.by;
        json["incarnation"] = view.details.incarnation;
        json["ack_ms"] = view.details.ack_age < 0 ? StoryJson(nullptr)
                                                  : StoryJson(view.details.ack_age / 1'000'000);
    }
    StoryJson& records = json["records"] = StoryJson::array();
    for (const StoryLine& line : view.records) {
        records.push_back({{"ago_ms", std::chrono::duration_cast<milliseconds>(line.ago).count()},
                           {"text", line.text}});
    }
    if (view.cut > 0) json["cut"] = view.cut;
    return json;
}

}  // namespace

std::optional<OtherView> parse_other_view(std::string_view payload) {
    const StoryJson json = parse_story(payload);
    if (!json.is_object()) return {};
    const auto known = json.find("known");
    const auto records = json.find("records");
    if (known == json.end() || !known->is_boolean() || records == json.end() ||
        !records->is_array()) {
        return {};
    }
    OtherView view{.known = known->get<bool>()};
    view.details.member.status = text_in(json, "status");
    view.details.state = text_in(json, "state");
    view.details.state_age = number_in(json, "since_ms").value_or(0) * 1'000'000;
    view.details.by = accusers_in(json);
    view.details.incarnation =
        static_cast<std::uint32_t>(number_in(json, "incarnation").value_or(0));
    if (const auto ack = number_in(json, "ack_ms")) view.details.ack_age = *ack * 1'000'000;
    if (const auto rtt = number_in(json, "rtt_us")) view.details.rtt = *rtt * 1000;
    for (const StoryJson& record : *records) {
        const auto ago = record.is_object() ? number_in(record, "ago_ms") : std::nullopt;
        if (!ago) return {};
        view.records.push_back({milliseconds{*ago}, text_in(record, "text")});
    }
    std::ranges::reverse(view.records);
    view.cut = static_cast<std::size_t>(number_in(json, "cut").value_or(0));
    return view;
}

void WhyStory::asked(std::set<std::string> members) {
    all_ = true;
    asked_ = std::move(members);
    asked_.erase(agent_);
}

void WhyStory::answered(const std::string& member, std::string_view payload) {
    if (member != agent_) answers_.emplace(member, parse_other_view(payload));
}

std::vector<std::string> WhyStory::without_answer(bool acked) const {
    std::vector<std::string> names;
    for (const std::string& member : asked_) {
        if (!answers_.contains(member) && acked_.contains(member) == acked) names.push_back(member);
    }
    return names;
}

bool WhyStory::is_known() const {
    return seen_.known || !seen_.records.empty() ||
           std::ranges::any_of(answers_, [](const auto& answer) {
               const auto& [member, view] = answer;
               return view && (view->known || !view->records.empty());
           });
}

std::string WhyStory::text() const {
    return own_text() + (all_ ? others_text() : "");
}

std::string WhyStory::own_text() const {
    std::string text = sanitized(node_);
    if (seen_.known) {
        text += " at " + address_text(seen_.member.member) + ": " + state_text(seen_.member) +
                "\n  " + (node_ == agent_ ? "this is the agent itself" : probe_text(seen_.member)) +
                "\n\n";
    } else if (!seen_.records.empty()) {
        text += ": no longer a member\n\n";
    } else {
        text += ": the agent " + sanitized(agent_) + " knows no such member\n\n";
    }
    if (seen_.records.empty()) return text + "no records about it in " + sanitized(agent_) + "\n";
    text += "as seen by " + sanitized(agent_) + " (UTC):\n";
    for (const std::string& record : seen_.records) text += record_line(record, seen_.time);
    return text;
}

std::string WhyStory::others_text() const {
    std::string text;
    for (const auto& [member, view] : answers_) {
        text += "\nas seen by " + sanitized(member) + ": ";
        if (!view) {
            text += "an answer that this version cannot read\n";
            continue;
        }
        text += view->known ? state_text(view->details) + "\n  " + probe_text(view->details) + "\n"
                            : std::string{"no such member\n"};
        for (const StoryLine& line : view->records) {
            text += padded_left(age_text(line.ago), 11) + " ago  " + sanitized(line.text) + '\n';
        }
        if (view->cut > 0) {
            text += "  (" + std::to_string(view->cut) + " older records did not fit)\n";
        }
    }
    const auto list = [&](bool acked, std::string_view what) {
        std::vector<std::string> names = without_answer(acked);
        for (std::string& name : names) name = sanitized(name);
        if (!names.empty())
            text += "\n" + std::string{what} + ": " + rollcall::joined(names) + '\n';
    };
    list(true, "received the question, and cannot answer it (Serf agents, or an older rollcall)");
    list(false, "no answer (not reached, or too late)");
    return text;
}

std::string WhyStory::json() const {
    StoryJson json{{"name", node_}, {"agent", agent_}};
    json["member"] = seen_.known ? detail_json(seen_.member) : StoryJson(nullptr);
    StoryJson& records = json["records"] = StoryJson::array();
    for (const std::string& encoded : seen_.records) {
        StoryJson record = parse_story(encoded);
        if (record.is_object()) records.push_back(std::move(record));
    }
    if (all_) {
        StoryJson& others = json["others"] = StoryJson::object();
        for (const auto& [member, view] : answers_) {
            others[member] = view ? other_json(*view) : StoryJson(nullptr);
        }
        json["cannot_answer"] = without_answer(true);
        json["no_answer"] = without_answer(false);
    }
    return json.dump(-1, ' ', false, StoryJson::error_handler_t::replace) + '\n';
}

}  // namespace rollcall::cli
