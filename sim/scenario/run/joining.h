// SPDX-License-Identifier: Apache-2.0
//
// How a cluster comes together before its run, and which groups are apart after it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "sim/scenario/run/numbered_cluster.h"

namespace rollcall::sim {

// All of `who` join n1, in waves: a seed does not accept a thousand streams at once.
template <class Core>
void join_in_waves(NumberedCluster<Core>& cluster, const Nodes& who) {
    constexpr std::size_t kWave = 100;
    constexpr Duration kLook = std::chrono::milliseconds{100};
    constexpr Duration kWaveLimit = std::chrono::seconds{12};  // a push/pull, with a margin
    for (std::size_t first = 0; first < who.size(); first += kWave) {
        const std::size_t end = std::min(who.size(), first + kWave);
        for (std::size_t i = first; i < end; ++i) cluster.at(who[i]).join(cluster.endpoint(1));
        if (end == who.size()) return;
        for (Duration waited{}; waited < kWaveLimit; waited += kLook) {
            cluster.sim().run_for(kLook);
            if (std::all_of(who.begin(), who.begin() + static_cast<std::ptrdiff_t>(end),
                            [&](std::uint32_t n) { return cluster.core(n).alive_count() > 1; })) {
                break;
            }
        }
    }
}

// All nodes, which run, become one cluster. False: they did not, in six rounds of joins.
template <class Core>
[[nodiscard]] bool join_all(NumberedCluster<Core>& cluster) {
    constexpr Duration kLook = std::chrono::milliseconds{100};
    constexpr Duration kGossipLimit = std::chrono::seconds{20};
    constexpr unsigned kRounds = 6;
    if constexpr (kAdopts<Core>) {
        if (cluster.nodes() > SimCluster<Core>::kMostThatJoin) {
            cluster.sim().acquaint();
            return cluster.sim().converged();
        }
    }
    Nodes who(cluster.nodes() - 1);
    std::iota(who.begin(), who.end(), 2u);
    for (unsigned round = 0; round < kRounds; ++round) {
        join_in_waves(cluster, who);
        for (Duration waited{}; waited < kGossipLimit; waited += kLook) {
            if (cluster.sim().converged()) return true;
            cluster.sim().run_for(kLook);
        }
        // Nodes that gossip did not reach join again.
        std::erase_if(
            who, [&](std::uint32_t n) { return cluster.core(n).alive_count() == cluster.nodes(); });
        if (who.empty()) who = {2};  // n1 gets the state of one that knows all
    }
    return cluster.sim().converged();
}

// One node of each group whose nodes consider each other alive, the lowest numbers first.
[[nodiscard]] inline Nodes one_of_each_group(const ClusterView& view) {
    const auto takes_for_live = [&](std::uint32_t node, std::uint32_t other) {
        const auto member = view.core(node).members().find(view.name(other));
        return member && member->is_live();
    };
    Nodes remaining, leads;
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        if (view.running(n) && !view.core(n).leaving()) remaining.push_back(n);
    }
    while (!remaining.empty()) {
        const std::uint32_t lead = remaining.front();
        leads.push_back(lead);
        std::erase_if(remaining, [&](std::uint32_t n) {
            return n == lead || (takes_for_live(lead, n) && takes_for_live(n, lead));
        });
    }
    return leads;
}

}  // namespace rollcall::sim
