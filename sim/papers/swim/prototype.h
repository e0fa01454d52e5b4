// SPDX-License-Identifier: Apache-2.0
//
// SWIM as its authors ran it (DSN 2002, section 5): periods of 2 s, one relay, updates on pings and
// acks only, natural logarithms; without the extensions of Lifeguard and memberlist.
#pragma once

#include <cstdint>

#include "membership/config.h"
#include "sim/cluster/cluster.h"

namespace rollcall::sim::papers {

inline constexpr Duration kSwimPeriod = std::chrono::seconds{2};

// The settings common to the three variants of the paper. `relays`: k.
[[nodiscard]] membership::Config swim_prototype(unsigned relays = 1);
// The variants: suspicion with a timeout; a verdict at once, sent like other updates; the same sent
// by multicast.
[[nodiscard]] membership::Config swim_with_suspicion();
[[nodiscard]] membership::Config swim_infection();
[[nodiscard]] membership::Config swim_basic();

// The idle local network of the paper: 0.1 ms one way, 1 ms at the 99.9th percentile.
[[nodiscard]] LinkQuality local_network(double loss = 0);

// A cluster on that network, without a story, since runs are long.
[[nodiscard]] ClusterOptions<membership::Node> on_local_network(unsigned members,
                                                                std::uint64_t seed,
                                                                membership::Config profile,
                                                                double loss = 0);

// Gives every member all others, as known from an earlier run: without joins, and without queued
// updates. Then runs for `settle`, without faults. All nodes must run.
void acquaint(SimCluster<membership::Node>& cluster, Duration settle);

}  // namespace rollcall::sim::papers
