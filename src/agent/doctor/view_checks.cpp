// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/view_checks.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/duration_text.h"
#include "base/sanitize.h"
#include "serf/tuning.h"

namespace rollcall::agent {
namespace {

using AgentJson = nlohmann::json;

constexpr std::int64_t kClocksDiffer = 5'000;  // milliseconds; gossip takes some of them
constexpr std::size_t kMostNames = 5;
constexpr std::size_t kLongAgentName = 64;
constexpr std::size_t kLongDifference = 300;
constexpr std::size_t kMostValues = 32;
constexpr std::uint64_t kMostMilliseconds = 9'000'000'000'000;  // as nanoseconds they fit

std::string text_field(const AgentJson& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// 0: there is none.
std::int64_t milliseconds_field(const AgentJson& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned()) return 0;
    return static_cast<std::int64_t>(std::min(found->get<std::uint64_t>(), kMostMilliseconds));
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

// Changes of `rollcall tune` (rule L6), here and at others.
void check_tuning(const AgentView& ours, std::span<const AgentView> others, Findings& findings) {
    NameList tentative;
    const auto look_at = [&](const AgentView& view) {
        if (view.tuning != to_string(serf::TuningState::tentative)) return;
        tentative.add(view.from + " (" + view.tuning_id + ", " +
                      duration_text(std::chrono::ceil<std::chrono::seconds>(view.tuning_left)) +
                      " left)");
    };
    look_at(ours);
    std::ranges::for_each(others, look_at);
    if (tentative.count > 0) {
        findings.warn(
            "tuning", "timings-tentative",
            "timings in effect that are undone unless they are confirmed: " + tentative.all());
    } else if (!ours.tuning.empty()) {
        findings.ok("tuning", "the change " + sanitized_head(ours.tuning_id, kLongAgentName) +
                                  " was confirmed; a restart or a reload goes back to the "
                                  "configuration");
    } else {
        findings.ok("tuning", "the timings are those of the configuration");
    }
}

// Of those that answered.
void check_timings(const AgentView& ours, std::span<const AgentView> others, const std::string& of,
                   Findings& findings) {
    NameList differ;
    std::string what;
    for (const AgentView& other : others) {
        if (other.timings == ours.timings) continue;
        differ.add(other.from);
        if (what.empty()) what = difference(ours.values, other.values);
    }
    const std::string here = "fingerprint " + sanitized_head(ours.timings, kLongAgentName);
    if (differ.count == 0) return findings.ok("timings", here + ", as at " + of);
    findings.problem(
        "timings", "timings-differ",
        here + ", another one at " + differ.all() + ": " + sanitized_head(what, kLongDifference));
}

}  // namespace

std::optional<AgentView> parse_view(std::string from, std::string_view text) {
    const AgentJson json = AgentJson::parse(text, nullptr, false);
    if (!json.is_object() || text_field(json, "view").empty()) return {};
    AgentView view{.from = std::move(from),
                   .view = text_field(json, "view"),
                   .version = text_field(json, "version"),
                   .timings = text_field(json, "timings"),
                   .key = text_field(json, "key"),
                   .values = {},
                   .tuning = {},
                   .tuning_id = {},
                   .time_ms = milliseconds_field(json, "time_ms")};
    if (const auto tuning = json.find("tuning"); tuning != json.end() && tuning->is_object()) {
        view.tuning = text_field(*tuning, "state");
        view.tuning_id = text_field(*tuning, "id");
        view.tuning_left = std::chrono::milliseconds{milliseconds_field(*tuning, "left_ms")};
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
    check_tuning(ours, others, findings);
    if (others.empty()) {
        return findings.skip("others", asked == 0 ? "no other member is up to compare with"
                                                  : "none of " + std::to_string(asked) +
                                                        " other members asked answered: Serf "
                                                        "agents never do");
    }
    check_timings(ours, others, of, findings);
    NameList keys, views, clocks;
    for (const AgentView& other : others) {
        if (other.key != ours.key) keys.add(other.from);
        if (other.view != ours.view) views.add(other.from);
        const std::int64_t apart = other.time_ms - ours.time_ms;
        if (other.time_ms != 0 && (apart > kClocksDiffer || apart < -kClocksDiffer)) {
            clocks.add(other.from);
        }
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
