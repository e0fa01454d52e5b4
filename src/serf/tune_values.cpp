// SPDX-License-Identifier: Apache-2.0
#include "serf/tune_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <variant>

#include "base/duration_text.h"
#include "base/parse_duration.h"

namespace rollcall::serf {
namespace {

using membership::ConfigError;
using Timing = membership::TimingSettings;
using TuneField = std::variant<Duration Timing::*, unsigned Timing::*, bool Timing::*>;

struct TuneKey {
    std::string_view key;
    TuneField field;
};

constexpr std::array<TuneKey, 14> kTuneKeys{{
    {"probe-interval", &Timing::probe_interval},
    {"probe-timeout", &Timing::probe_timeout},
    {"indirect-checks", &Timing::indirect_checks},
    {"suspicion-mult", &Timing::suspicion_mult},
    {"suspicion-max-timeout-mult", &Timing::suspicion_max_timeout_mult},
    {"retransmit-mult", &Timing::retransmit_mult},
    {"gossip-nodes", &Timing::gossip_nodes},
    {"gossip-interval", &Timing::gossip_interval},
    {"gossip-to-the-dead", &Timing::gossip_to_the_dead},
    {"push-pull-interval", &Timing::push_pull_interval},
    {"tcp-timeout", &Timing::tcp_timeout},
    {"fast-verdicts", &Timing::fast_verdicts},
    {"ring-watch", &Timing::ring_watch},
    {"detection-span", &Timing::detection_span},
}};

constexpr std::size_t kLongestShown = 40;

std::string value_in(const Timing& timing, const TuneField& field) {
    struct ToText {
        const Timing& timing;
        std::string operator()(Duration Timing::*m) const { return duration_text(timing.*m); }
        std::string operator()(unsigned Timing::*m) const { return std::to_string(timing.*m); }
        std::string operator()(bool Timing::*m) const { return timing.*m ? "on" : "off"; }
    };
    return std::visit(ToText{timing}, field);
}

// Stores the value; the text says what is allowed if it is none.
struct FromText {
    Timing& timing;
    std::string_view text;

    std::string operator()(Duration Timing::*m) const {
        const auto value = parse_duration(text);
        if (!value) return "a duration, like 500ms or 1m30s";
        timing.*m = *value;
        return {};
    }
    std::string operator()(unsigned Timing::*m) const {
        unsigned value = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error != std::errc{} || stop != end) return "a whole number";
        timing.*m = value;
        return {};
    }
    std::string operator()(bool Timing::*m) const {
        const bool on = text == "on" || text == "true";
        if (!on && text != "off" && text != "false") return "on or off";
        timing.*m = on;
        return {};
    }
};

}  // namespace

std::string tune_keys() {
    std::string text;
    for (const TuneKey& one : kTuneKeys) {
        if (!text.empty()) text += ", ";
        text += one.key;
    }
    return text;
}

std::vector<TuneValue> tune_values(const Timing& timing) {
    std::vector<TuneValue> values;
    values.reserve(kTuneKeys.size());
    for (const TuneKey& one : kTuneKeys) {
        values.emplace_back(std::string{one.key}, value_in(timing, one.field));
    }
    return values;
}

std::optional<ConfigError> set_tune_value(Timing& timing, std::string_view key,
                                          std::string_view value) {
    const auto* const found = std::ranges::find(kTuneKeys, key, &TuneKey::key);
    if (found == kTuneKeys.end()) {
        const std::string shown{key.substr(0, kLongestShown)};
        return ConfigError{.field = "tune",
                           .value = shown,
                           .allowed = tune_keys(),
                           .problem = "'" + shown + "' cannot be tuned"};
    }
    const std::string allowed = std::visit(FromText{timing, value}, found->field);
    if (allowed.empty()) return {};
    std::string field{key};
    std::ranges::replace(field, '-', '_');
    return ConfigError{
        .field = field, .value = std::string{value.substr(0, kLongestShown)}, .allowed = allowed};
}

std::vector<TuneChange> tune_changes(const Timing& before, const Timing& after) {
    std::vector<TuneChange> changes;
    for (const TuneKey& one : kTuneKeys) {
        std::string from = value_in(before, one.field), to = value_in(after, one.field);
        if (from == to) continue;
        changes.push_back({std::string{one.key}, std::move(from), std::move(to)});
    }
    return changes;
}

std::string tune_text(const std::vector<TuneChange>& changes) {
    std::string text;
    for (const TuneChange& change : changes) {
        if (!text.empty()) text += ", ";
        text += change.key + " " + change.before + " -> " + change.after;
    }
    return text.empty() ? "nothing" : text;
}

std::uint32_t tune_hash(const Timing& timing) {
    std::uint32_t hash = 2166136261u;  // FNV-1a
    for (const auto& [key, value] : tune_values(timing)) {
        for (const char c : key + "=" + value + "\n") {
            hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
        }
    }
    return hash;
}

std::string tune_fingerprint(const Timing& timing) {
    const std::uint32_t hash = tune_hash(timing);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(hash >> shift) & 15u];
    return text;
}

}  // namespace rollcall::serf
