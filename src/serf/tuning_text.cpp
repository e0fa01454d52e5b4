// SPDX-License-Identifier: Apache-2.0
#include "serf/tuning_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <variant>

#include "base/duration_text.h"
#include "base/joined.h"
#include "base/parse_duration.h"
#include "base/sanitize.h"

namespace rollcall::serf {
namespace {

using M = membership::TimingSettings;

struct TuningKey {
    std::string_view name;
    std::variant<Duration M::*, unsigned M::*, bool M::*, Duration TimingSettings::*> target;
};
constexpr std::array kTuningKeys{
    TuningKey{"probe_interval", &M::probe_interval},
    TuningKey{"probe_timeout", &M::probe_timeout},
    TuningKey{"gossip_interval", &M::gossip_interval},
    TuningKey{"push_pull_interval", &M::push_pull_interval},
    TuningKey{"suspicion_mult", &M::suspicion_mult},
    TuningKey{"fast_verdicts", &M::fast_verdicts},
    TuningKey{"detection_span", &M::detection_span},
    TuningKey{"ring_watch", &M::ring_watch},
    TuningKey{"dead_node_reclaim", &M::dead_node_reclaim},
    TuningKey{"reconnect_interval", &TimingSettings::reconnect_interval},
    TuningKey{"reconnect_timeout", &TimingSettings::reconnect_timeout},
    TuningKey{"tombstone_timeout", &TimingSettings::tombstone_timeout},
};

constexpr std::array<std::string_view, 5> kRequestNames{"show", "prepare", "apply", "confirm",
                                                        "revert"};

// Of either struct.
template <class Member>
auto& part_of(auto& timings, Member member) {
    if constexpr (requires { timings.*member; }) {
        return timings.*member;
    } else {
        return timings.membership.*member;
    }
}

std::string value_text(Duration value) {
    return duration_text(value);
}
std::string value_text(unsigned value) {
    return std::to_string(value);
}
std::string value_text(bool value) {
    return value ? "on" : "off";
}

std::optional<std::string> take_value(std::string_view text, Duration& value) {
    const auto parsed = parse_duration(text);
    if (!parsed) return parsed.error();
    value = *parsed;
    return {};
}
std::optional<std::string> take_value(std::string_view text, unsigned& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return {};
    return "'" + sanitized(text) + "' is not allowed; allowed: a whole number";
}
std::optional<std::string> take_value(std::string_view text, bool& value) {
    if (text != "on" && text != "off") {
        return "'" + sanitized(text) + "' is not allowed; allowed: on or off";
    }
    value = text == "on";
    return {};
}

std::string_view next_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

std::optional<std::uint64_t> whole_number(std::string_view word, int base) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
    if (error != std::errc{} || end != word.data() + word.size()) return {};
    return number;
}

}  // namespace

std::string tuning_text(const TuningRequest& request) {
    using Kind = TuningRequest::Kind;
    std::string text{kRequestNames[static_cast<std::size_t>(request.kind)]};
    if (request.kind == Kind::show) return text;
    text += ' ' + std::to_string(request.id.value());
    if (request.kind == Kind::apply) {
        using std::chrono::seconds;
        text += ' ' + std::to_string(std::chrono::ceil<seconds>(request.revert_after).count());
    }
    if (request.kind == Kind::prepare) {
        for (const std::string& change : request.changes) text += ' ' + change;
    }
    return text;
}

Result<TuningRequest, std::string> parse_tuning_request(Bytes bytes) {
    using Kind = TuningRequest::Kind;
    if (bytes.size() > kMaxTuningRequest) return std::string{"the request is too long"};
    std::string_view text = as_text(bytes);
    const auto* const kind = std::ranges::find(kRequestNames, next_word(text));
    if (kind == kRequestNames.end()) return std::string{"no such request"};
    TuningRequest request{.kind = static_cast<Kind>(kind - kRequestNames.begin())};
    if (request.kind == Kind::show) {
        if (!text.empty()) return std::string{"the request has too many words"};
        return request;
    }
    const auto id = whole_number(next_word(text), 10);
    if (!id || *id == 0) return std::string{"the id of the change is missing"};
    request.id = TuningId{*id};
    if (request.kind == Kind::apply) {
        const auto seconds = whole_number(next_word(text), 10);
        constexpr auto kMost = std::chrono::duration_cast<std::chrono::seconds>(kMostRevertAfter);
        if (!seconds || *seconds > static_cast<std::uint64_t>(kMost.count()) ||
            std::chrono::seconds{*seconds} < kLeastRevertAfter) {
            return "a change reverts after " + duration_text(kLeastRevertAfter) + " to " +
                   duration_text(kMostRevertAfter);
        }
        request.revert_after = std::chrono::seconds{*seconds};
    }
    if (request.kind == Kind::prepare) {
        while (!text.empty()) request.changes.emplace_back(next_word(text));
        if (request.changes.empty()) return std::string{"nothing to change"};
    }
    if (!text.empty()) return std::string{"the request has too many words"};
    return request;
}

std::optional<std::string> tune(std::string_view change, TimingSettings& timings) {
    const std::size_t equals = change.find('=');
    const std::string_view name = change.substr(0, equals);
    const auto* const key = std::ranges::find(kTuningKeys, name, &TuningKey::name);
    if (equals == std::string_view::npos || key == kTuningKeys.end()) {
        return "'" + sanitized(change) + "' is not allowed; allowed: KEY=VALUE with one of " +
               joined(tuning_keys());
    }
    const std::string_view value = change.substr(equals + 1);
    auto problem = std::visit(
        [&](auto member) { return take_value(value, part_of(timings, member)); }, key->target);
    if (problem) *problem = std::string{name} + ": " + *problem;
    return problem;
}

std::vector<std::string> tuned(const TimingSettings& before, const TimingSettings& after) {
    std::vector<std::string> changes;
    for (const TuningKey& key : kTuningKeys) {
        std::visit(
            [&](auto member) {
                const auto& old = part_of(before, member);
                const auto& now = part_of(after, member);
                if (old == now) return;
                changes.push_back(std::string{key.name} + ' ' + value_text(old) + ' ' +
                                  value_text(now));
            },
            key.target);
    }
    return changes;
}

std::vector<std::string> tuning_keys() {
    std::vector<std::string> names;
    for (const TuningKey& key : kTuningKeys) names.emplace_back(key.name);
    return names;
}

}  // namespace rollcall::serf
