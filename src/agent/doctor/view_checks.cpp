// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/view_checks.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

using AgentJson = nlohmann::json;

constexpr std::int64_t kClocksDiffer = 5'000;  // milliseconds; gossip takes some of them
constexpr std::size_t kMostNames = 5;
constexpr std::size_t kLongAgentName = 64;
constexpr std::size_t kLongDifference = 300;
constexpr std::size_t kMostValues = 32;

std::string text_field(const AgentJson& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

struct NameList {
    std::string text;
    std::size_t count = 0;

    void add(const std::string& name) {
        if (++count > kMostNames) return;
        text += (text.empty() ? "" : ", ") + sanitized_head(name, kLongAgentName);
    }
    [[nodiscard]] std::string all() const {
        return count <= kMostNames ? text
                                   : text + " and " + std::to_string(count - kMostNames) + " more";
    }
};

}  // namespace

std::optional<AgentView> parse_view(std::string from, std::string_view text) {
    const AgentJson json = AgentJson::parse(text, nullptr, false);
    if (!json.is_object() || text_field(json, "view").empty()) return {};
    AgentView view{.from = std::move(from),
                   .view = text_field(json, "view"),
                   .version = text_field(json, "version"),
                   .timings = text_field(json, "timings"),
                   .key = text_field(json, "key"),
                   .values = {}};
    if (const auto time = json.find("time_ms"); time != json.end() && time->is_number_unsigned()) {
        view.time_ms = time->get<std::int64_t>();
    }
    if (const auto values = json.find("values"); values != json.end() && values->is_object()) {
        for (const auto& [name, value] : values->items()) {
            if (value.is_string() && view.values.size() < kMostValues) {
                view.values[name] = value.get<std::string>();
            }
        }
    }
    return view;
}

void check_views(const AgentView& ours, std::span<const AgentView> others, std::size_t asked,
                 Findings& findings) {
    const std::string of =
        std::to_string(others.size()) + " of " + std::to_string(asked) + " other members asked";
    if (others.empty()) {
        return findings.skip("others", asked == 0 ? "no other member is up to compare with"
                                                  : "none of " + std::to_string(asked) +
                                                        " other members asked answered: Serf "
                                                        "agents never do");
    }
    NameList timings, keys, views, clocks;
    std::string what;
    for (const AgentView& other : others) {
        if (other.timings != ours.timings) {
            timings.add(other.from);
            if (what.empty()) what = difference(ours.values, other.values);
        }
        if (other.key != ours.key) keys.add(other.from);
        if (other.view != ours.view) views.add(other.from);
        const std::int64_t apart = other.time_ms - ours.time_ms;
        if (other.time_ms != 0 && (apart > kClocksDiffer || apart < -kClocksDiffer)) {
            clocks.add(other.from);
        }
    }
    if (timings.count > 0) {
        findings.problem(
            "timings", "timings-differ",
            "from those of " + timings.all() + ": " + sanitized_head(what, kLongDifference));
    } else {
        findings.ok("timings", "equal to those of " + of);
    }
    if (keys.count > 0) {
        findings.warn("keys", "keys-differ", "another primary key is in use at " + keys.all());
    } else {
        findings.ok("keys", "the same primary key as " + of);
    }
    if (views.count > 0) {
        findings.warn(
            "views", "",
            "other members are up for " + views.all() + ": 'rollcall partitions' shows which");
    } else {
        findings.ok("views", "the same members are up for " + of);
    }
    if (clocks.count > 0) {
        findings.warn("clocks", "clock-jump",
                      "the wall clock differs by more than 5 s from that of " + clocks.all());
    }
}

}  // namespace rollcall::agent
