// SPDX-License-Identifier: Apache-2.0
//
// The bodies of SimCluster, included only by the files that instantiate it, one core each.
#pragma once

#include <algorithm>
#include <cstdio>

#include "sim/cluster/cluster.h"

namespace rollcall::sim {

inline constexpr std::uint16_t kSimPort = 7946;
inline constexpr Duration kJoinTimePerNode = std::chrono::milliseconds{500};
inline constexpr std::size_t kJoinWave = 100;
inline constexpr Duration kLookEvery = std::chrono::milliseconds{10};

template <class Core>
SimCluster<Core>::SimCluster(Options options)
    : options_{std::move(options)},
      world_{options_.seed},
      network_{world_, options_.links},
      streams_{network_},
      chronicle_{options_.keep_story} {
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
                              .profiles = profiles_,
                              .wake_delay = options_.wake_delay};
    nodes_.push_back(std::make_unique<Node>(around, number, host, std::move(config), options_.key,
                                            world_.rng().next()));
    places_.emplace(nodes_.back()->name(), number);
    return *nodes_.back();
}

template <class Core>
Process<Core>* SimCluster<Core>::find(std::string_view name) const {
    const auto place = places_.find(name);
    if (place != places_.end() && nodes_[place->second]->name() == name) {
        return nodes_[place->second].get();
    }
    const auto found =
        std::ranges::find_if(nodes_, [&](const auto& n) { return n->name() == name; });
    if (found == nodes_.end()) return nullptr;
    places_.insert_or_assign(std::string{name}, static_cast<std::size_t>(found - nodes_.begin()));
    return found->get();
}

template <class Core>
Process<Core>& SimCluster<Core>::node(std::string_view name) {
    Node* const found = find(name);
    ROLLCALL_CHECK(found != nullptr);
    return *found;
}

template <class Core>
void SimCluster<Core>::start() {
    for (const auto& n : nodes_) n->start();
}

template <class Core>
void SimCluster<Core>::start_joined() {
    start();
    if constexpr (kAdopts<Core>) {
        if (nodes_.size() > kMostThatJoin) return acquaint();
    }
    // In waves that one seed can answer: it has no room for a thousand streams at once.
    for (std::size_t first = 1; first < nodes_.size(); first += kJoinWave) {
        const std::size_t end = std::min(nodes_.size(), first + kJoinWave);
        for (std::size_t i = first; i < end; ++i) nodes_[i]->join(nodes_[0]->endpoint());
        if (end == nodes_.size()) break;
        run_until(
            [&] {
                return std::all_of(nodes_.begin() + 1, nodes_.begin() + static_cast<long>(end),
                                   [](const auto& n) { return n->node().alive_count() > 1; });
            },
            std::chrono::seconds{10});
    }
    // Updates that gossip missed come with a push/pull, which is rarer in larger clusters.
    const bool joined = converges(std::chrono::seconds{60} + options_.nodes * kJoinTimePerNode);
    if (!joined && chronicle_.keeps()) std::fputs(story().c_str(), stderr);
    ROLLCALL_CHECK(joined);
}

template <class Core>
void SimCluster<Core>::acquaint() requires kAdopts<Core> {
    std::vector<membership::KnownMember> known;
    for (const auto& n : nodes_) {
        if (!n->running()) continue;
        const membership::Member self = n->node().self_member();
        known.push_back({.claim = {.node = self.name(),
                                   .incarnation = self.incarnation,
                                   .address = self.address(),
                                   .port = self.port(),
                                   .meta = as_bytes(self.meta()),
                                   .versions = self.versions()}});
    }
    // clang 14 instantiates this for every core, whatever the declaration requires.
    if constexpr (kAdopts<Core>) {
        for (const auto& n : nodes_) {
            if (n->running()) CoreTraits<Core>::adopt(n->core(), n->clock().now(), known);
        }
    }
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
void SimCluster<Core>::change_address(std::string_view name) {
    node(name).change_address(next_address());
}

template <class Core>
void SimCluster<Core>::restart_as(std::string_view name, std::string_view new_name) {
    Node& renamed = node(name);
    if (renamed.running()) renamed.kill();
    CoreTraits<Core>::membership_of(renamed.config()).name = new_name;
    renamed.start();
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
    // The cheap check first, for all nodes: usually some count is wrong.
    std::size_t expected = 0;
    for (const auto& n : nodes_) expected += n->running() ? 1 : 0;
    for (const auto& viewer : nodes_) {
        if (viewer->running() && viewer->node().alive_count() != expected) return false;
    }
    for (const auto& viewer : nodes_) {
        if (!viewer->running()) continue;
        for (const auto& other : nodes_) {
            if (!other->running()) continue;
            const auto seen = viewer->node().members().find(other->name());
            if (!seen || seen->state != alive || seen->endpoint() != other->endpoint()) {
                return false;
            }
        }
    }
    return true;
}

template <class Core>
std::uint64_t SimCluster<Core>::events_handled() const {
    std::uint64_t sum = 0;
    for (const auto& n : nodes_) sum += n->driver().calls();
    return sum;
}

template <class Core>
std::string SimCluster<Core>::story() const {
    ROLLCALL_CHECK(chronicle_.keeps());
    std::vector<std::string> names;
    names.reserve(nodes_.size());
    for (const auto& n : nodes_) names.push_back(n->name());
    return "seed " + std::to_string(options_.seed) + "\n" + chronicle_.story(names);
}

}  // namespace rollcall::sim
