// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/settings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

using Field = Setting::Field;

constexpr Setting kSettings[] = {
    {"probe_interval", [](Scenario& s) { return Field{&s.profile.probe_interval}; }},
    {"probe_timeout", [](Scenario& s) { return Field{&s.profile.probe_timeout}; }},
    {"indirect_checks", [](Scenario& s) { return Field{&s.profile.indirect_checks}; }},
    {"tcp_pings", [](Scenario& s) { return Field{&s.profile.tcp_pings}; }},
    {"awareness_max_multiplier",
     [](Scenario& s) { return Field{&s.profile.awareness_max_multiplier}; }},
    {"fast_verdicts", [](Scenario& s) { return Field{&s.profile.fast_verdicts}; }},
    {"detection_span", [](Scenario& s) { return Field{&s.profile.detection_span}; }},
    {"ring_watch", [](Scenario& s) { return Field{&s.profile.ring_watch}; }},
    {"suspicion_mult", [](Scenario& s) { return Field{&s.profile.suspicion_mult}; }},
    {"suspicion_max_timeout_mult",
     [](Scenario& s) { return Field{&s.profile.suspicion_max_timeout_mult}; }},
    {"retransmit_mult", [](Scenario& s) { return Field{&s.profile.retransmit_mult}; }},
    {"gossip_nodes", [](Scenario& s) { return Field{&s.profile.gossip_nodes}; }},
    {"gossip_interval", [](Scenario& s) { return Field{&s.profile.gossip_interval}; }},
    {"gossip_to_the_dead", [](Scenario& s) { return Field{&s.profile.gossip_to_the_dead}; }},
    {"push_pull_interval", [](Scenario& s) { return Field{&s.profile.push_pull_interval}; }},
    {"tcp_timeout", [](Scenario& s) { return Field{&s.profile.tcp_timeout}; }},
    {"dead_node_reclaim", [](Scenario& s) { return Field{&s.profile.dead_node_reclaim}; }},
    {"packet_size", [](Scenario& s) { return Field{&s.profile.packet_size}; }},
    {"compress", [](Scenario& s) { return Field{&s.profile.layers.compress}; }},
    {"compress_from", [](Scenario& s) { return Field{&s.profile.layers.compress_from}; }},
    {"max_members", [](Scenario& s) { return Field{&s.profile.max_members}; }},
    {"max_broadcasts", [](Scenario& s) { return Field{&s.profile.max_broadcasts}; }},
    {"max_streams_accepted", [](Scenario& s) { return Field{&s.profile.max_streams_accepted}; }},
    {"max_streams_per_source",
     [](Scenario& s) { return Field{&s.profile.max_streams_per_source}; }},
    {"max_joins", [](Scenario& s) { return Field{&s.profile.max_joins}; }},
    {"max_push_pulls", [](Scenario& s) { return Field{&s.profile.max_push_pulls}; }},
    {"max_stream_memory", [](Scenario& s) { return Field{&s.profile.max_stream_memory}; }},
    {"max_relays", [](Scenario& s) { return Field{&s.profile.max_relays}; }},
    {"max_incarnation_jump", [](Scenario& s) { return Field{&s.profile.max_incarnation_jump}; }},
    {"pause_threshold", [](Scenario& s) { return Field{&s.profile.pause_threshold}; }},
    {"variant.suspicion", [](Scenario& s) { return Field{&s.profile.variant.suspicion}; }},
    {"variant.deaths_are_final",
     [](Scenario& s) { return Field{&s.profile.variant.deaths_are_final}; }},
    {"variant.probe_ring", [](Scenario& s) { return Field{&s.profile.variant.probe_ring}; }},
    {"variant.buddy", [](Scenario& s) { return Field{&s.profile.variant.buddy}; }},
    {"variant.nacks", [](Scenario& s) { return Field{&s.profile.variant.nacks}; }},
    {"variant.sparing_counts",
     [](Scenario& s) { return Field{&s.profile.variant.sparing_counts}; }},
    {"variant.confirmations", [](Scenario& s) { return Field{&s.profile.variant.confirmations}; }},
    {"variant.natural_logarithms",
     [](Scenario& s) { return Field{&s.profile.variant.natural_logarithms}; }},
    {"variant.multicast", [](Scenario& s) { return Field{&s.profile.variant.multicast}; }},
    {"variant.max_updates", [](Scenario& s) { return Field{&s.profile.variant.max_updates}; }},
    {"variant.looking", [](Scenario& s) { return Field{&s.profile.variant.looking}; }},
    {"reap_interval", [](Scenario& s) { return Field{&s.serf_layer.reap_interval}; }, true},
    {"reconnect_interval", [](Scenario& s) { return Field{&s.serf_layer.reconnect_interval}; },
     true},
    {"reconnect_timeout", [](Scenario& s) { return Field{&s.serf_layer.reconnect_timeout}; }, true},
    {"tombstone_timeout", [](Scenario& s) { return Field{&s.serf_layer.tombstone_timeout}; }, true},
    {"recent_intent_timeout",
     [](Scenario& s) { return Field{&s.serf_layer.recent_intent_timeout}; }, true},
    {"broadcast_timeout", [](Scenario& s) { return Field{&s.serf_layer.broadcast_timeout}; }, true},
    {"leave_propagate_delay",
     [](Scenario& s) { return Field{&s.serf_layer.leave_propagate_delay}; }, true},
    {"flap_timeout", [](Scenario& s) { return Field{&s.serf_layer.flap_timeout}; }, true},
    {"event_buffer", [](Scenario& s) { return Field{&s.serf_layer.event_buffer}; }, true},
    {"query_buffer", [](Scenario& s) { return Field{&s.serf_layer.query_buffer}; }, true},
    {"max_queue_depth", [](Scenario& s) { return Field{&s.serf_layer.max_queue_depth}; }, true},
    {"min_queue_depth", [](Scenario& s) { return Field{&s.serf_layer.min_queue_depth}; }, true},
    {"max_recent_intents", [](Scenario& s) { return Field{&s.serf_layer.max_recent_intents}; },
     true},
    {"disable_coordinates", [](Scenario& s) { return Field{&s.serf_layer.disable_coordinates}; },
     true},
    {"user_event_size_limit",
     [](Scenario& s) { return Field{&s.serf_layer.user_event_size_limit}; }, true},
    {"query_size_limit", [](Scenario& s) { return Field{&s.serf_layer.query_size_limit}; }, true},
    {"query_response_size_limit",
     [](Scenario& s) { return Field{&s.serf_layer.query_response_size_limit}; }, true},
    {"query_timeout_mult", [](Scenario& s) { return Field{&s.serf_layer.query_timeout_mult}; },
     true},
    {"name_conflict_resolution",
     [](Scenario& s) { return Field{&s.serf_layer.name_conflict_resolution}; }, true},
    {"allow_tuning", [](Scenario& s) { return Field{&s.serf_layer.allow_tuning}; }, true},
    {"max_running_queries", [](Scenario& s) { return Field{&s.serf_layer.max_running_queries}; },
     true},
    {"max_open_queries", [](Scenario& s) { return Field{&s.serf_layer.max_open_queries}; }, true},
    {"max_buffered_bytes", [](Scenario& s) { return Field{&s.serf_layer.max_buffered_bytes}; },
     true},
};

// Reads text into the field. Empty, or what is allowed.
struct FieldReader {
    std::string_view text;

    std::string operator()(Duration* field) const {
        const auto value = parse_time(text);
        if (value) *field = *value;
        return value ? std::string{} : std::string{kTimeForm};
    }
    std::string operator()(unsigned* field) const {
        const auto value = parse_count(text);
        const bool fits = value && *value <= 0xffffffffu;
        if (fits) *field = static_cast<unsigned>(*value);
        return fits ? std::string{} : "a whole number from 0 to 4294967295";
    }
    std::string operator()(std::size_t* field) const {
        const auto value = parse_count(text);
        if (value) *field = *value;
        return value ? std::string{} : "a whole number";
    }
    std::string operator()(bool* field) const {
        if (text != "on" && text != "off") return "on, off";
        *field = text == "on";
        return {};
    }
    std::string operator()(std::optional<unsigned>* field) const {
        if (text == "off") return field->reset(), std::string{};
        unsigned value = 0;
        std::string problem = (*this)(&value);
        if (!problem.empty()) return problem + ", or off";
        *field = value;
        return {};
    }
};

struct Writer {
    std::string operator()(const Duration* field) const { return exact(*field); }
    std::string operator()(const unsigned* field) const { return std::to_string(*field); }
    std::string operator()(const std::size_t* field) const { return std::to_string(*field); }
    std::string operator()(const bool* field) const { return *field ? "on" : "off"; }
    std::string operator()(const std::optional<unsigned>* field) const {
        return *field ? std::to_string(**field) : "off";
    }
};

}  // namespace

std::string_view Setting::form() const {
    constexpr std::string_view kForms[] = {"a time", "a count", "a count", "on or off",
                                           "a count, or off"};
    Scenario any;
    return kForms[field(any).index()];
}

std::span<const Setting> settings() {
    return kSettings;
}

const Setting* setting(std::string_view name) {
    const auto* found = std::ranges::find(kSettings, name, &Setting::name);
    return found == std::end(kSettings) ? nullptr : found;
}

std::optional<Problem> set(Scenario& scenario, std::string_view name, std::string_view value) {
    const Setting* found = setting(name);
    if (found == nullptr) {
        std::vector<std::string_view> names;
        for (const Setting& s : kSettings) {
            if (!s.serf || scenario.serf) names.push_back(s.name);
        }
        return Problem{.field = "set",
                       .value = std::string{name},
                       .allowed = listed_words(names) + did_you_mean(name, names)};
    }
    if (found->serf && !scenario.serf) {
        return Problem{.field = "set",
                       .value = std::string{name},
                       .allowed = "with `core serf` only: it is a setting of that layer"};
    }
    const std::string allowed = std::visit(FieldReader{value}, found->field(scenario));
    if (allowed.empty()) return {};
    return Problem{.field = std::string{name}, .value = std::string{value}, .allowed = allowed};
}

std::string value_of(const Scenario& scenario, const Setting& setting) {
    Scenario copy = scenario;
    return std::visit([](const auto* field) { return Writer{}(field); }, setting.field(copy));
}

Problems check_settings(const Scenario& scenario) {
    membership::Config config = scenario.profile;
    config.name = "n" + std::to_string(scenario.nodes);
    config.address = WireAddress::v4(10, 0, 0, 1);
    serf::Config serf = scenario.serf_layer;
    serf.membership = std::move(config);
    Problems problems;
    for (membership::ConfigError& error :
         scenario.serf ? serf.mistakes() : serf.membership.mistakes()) {
        problems.push_back({.field = std::move(error.field),
                            .value = std::move(error.value),
                            .allowed = std::move(error.allowed)});
    }
    return problems;
}

}  // namespace rollcall::sim
