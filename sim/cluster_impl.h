// SPDX-License-Identifier: Apache-2.0
//
// The bodies of SimCluster, for the files that instantiate it, one core each. Nobody else includes
// this.
#pragma once

#include <algorithm>
#include <cstdio>

#include "sim/cluster.h"

namespace rollcall::sim {

inline constexpr std::uint16_t kSimPort = 7946;
inline constexpr Duration kLookEvery = std::chrono::milliseconds{10};

template <class Core>
SimCluster<Core>::SimCluster(Options options)
    : options_{std::move(options)},
      world_{options_.seed},
      network_{world_, options_.links},
      streams_{network_} {
    nodes_.reserve(options_.nodes);
    for (unsigned i = 1; i <= options_.nodes; ++i) add_node("n" + std::to_string(i));
}

template <class Core>
WireAddress SimCluster<Core>::next_address() {
    const std::uint32_t n = ++hosts_;
    return WireAddress::v4(10, static_cast<std::uint8_t>(n >> 16),
                           static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n));
}

template <class Core>
Process<Core>& SimCluster<Core>::add_node(std::string name) {
    membership::Config settings = options_.profile;
    settings.name = std::move(name);
    settings.address = next_address();
    settings.port = settings.bind_port = kSimPort;
    const HostId host = network_.add_host(*Endpoint::from_wire(settings.address, kSimPort));
    const auto number = static_cast<std::uint32_t>(nodes_.size());
    auto config = CoreTraits<Core>::wrap(std::move(settings));
    if (options_.tweak) options_.tweak(config, number + 1);
    const Surroundings around{.world = world_,
                              .network = network_,
                              .streams = streams_,
                              .chronicle = chronicle_,
                              .wake_delay = options_.wake_delay};
    nodes_.push_back(std::make_unique<Node>(around, number, host, std::move(config), options_.key,
                                            world_.rng().next()));
    return *nodes_.back();
}

template <class Core>
const Process<Core>* SimCluster<Core>::find(std::string_view name) const {
    const auto found =
        std::ranges::find_if(nodes_, [&](const auto& n) { return n->name() == name; });
    return found == nodes_.end() ? nullptr : found->get();
}

template <class Core>
Process<Core>& SimCluster<Core>::node(std::string_view name) {
    const auto found =
        std::ranges::find_if(nodes_, [&](const auto& n) { return n->name() == name; });
    ROLLCALL_CHECK(found != nodes_.end());
    return **found;
}

template <class Core>
void SimCluster<Core>::start() {
    for (const auto& n : nodes_) n->start();
}

template <class Core>
void SimCluster<Core>::start_joined() {
    start();
    for (std::size_t i = 1; i < nodes_.size(); ++i) nodes_[i]->join(nodes_[0]->endpoint());
    const bool joined = converges(std::chrono::seconds{60});
    if (!joined) std::fputs(story().c_str(), stderr);
    ROLLCALL_CHECK(joined);
}

template <class Core>
void SimCluster<Core>::move_and_restart(std::string_view name, std::string_view new_name) {
    Node& moving = node(name);
    if (moving.running()) moving.kill();
    const WireAddress address = next_address();
    const HostId host = network_.add_host(*Endpoint::from_wire(address, kSimPort));
    if (!new_name.empty()) CoreTraits<Core>::membership_of(moving.config()).name = new_name;
    moving.restart_at(host, address);
}

template <class Core>
void SimCluster<Core>::partition(const std::vector<Names>& groups) {
    std::string text = "partition";
    std::vector<std::vector<HostId>> hosts;
    for (const Names& group : groups) {
        text += " |";
        auto& members = hosts.emplace_back();
        for (const std::string& name : group) {
            members.push_back(host_of(name));
            text += ' ' + name;
        }
    }
    tell(std::move(text));
    network_.links().partition(hosts);
}

template <class Core>
void SimCluster<Core>::cut_one_way(std::string_view from, std::string_view to) {
    tell("cut " + std::string{from} + " -> " + std::string{to});
    network_.links().cut_one_way(host_of(from), host_of(to));
}

template <class Core>
void SimCluster<Core>::set_links(const LinkQuality& everywhere) {
    tell("links change");
    network_.links().set_quality(everywhere);
}

template <class Core>
void SimCluster<Core>::set_link(std::string_view from, std::string_view to,
                                const LinkQuality& quality) {
    tell("link changes " + std::string{from} + " -> " + std::string{to});
    network_.links().set_quality(host_of(from), host_of(to), quality);
}

template <class Core>
void SimCluster<Core>::heal() {
    tell("heal");
    network_.links().heal();
}

template <class Core>
void SimCluster<Core>::run_for(Duration time) {
    const Time until = world_.now() + time;
    while (world_.step(until)) {
    }
}

template <class Core>
bool SimCluster<Core>::run_until(const std::function<bool()>& holds, Duration limit) {
    const Time until = world_.now() + limit;
    if (holds()) return true;
    while (world_.now() < until) {
        const Time look = std::min(until, world_.now() + kLookEvery);
        std::uint64_t seen = chronicle_.revision();
        while (world_.step(look)) {
            if (chronicle_.revision() == seen) continue;
            seen = chronicle_.revision();
            if (holds()) return true;
        }
        if (holds()) return true;
    }
    return false;
}

template <class Core>
bool SimCluster<Core>::converged() const {
    constexpr auto alive = membership::State::alive;
    for (const auto& viewer : nodes_) {
        if (!viewer->running()) continue;
        std::size_t expected = 0;
        for (const auto& other : nodes_) {
            if (!other->running()) continue;
            ++expected;
            const membership::Member* seen = viewer->node().members().find(other->name());
            if (seen == nullptr || seen->state != alive || seen->endpoint() != other->endpoint()) {
                return false;
            }
        }
        if (viewer->node().alive_count() != expected) return false;
    }
    return true;
}

template <class Core>
std::string SimCluster<Core>::story() const {
    std::vector<std::string> names;
    names.reserve(nodes_.size());
    for (const auto& n : nodes_) names.push_back(n->name());
    return "seed " + std::to_string(options_.seed) + "\n" + chronicle_.story(names);
}

}  // namespace rollcall::sim
