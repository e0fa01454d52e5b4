// SPDX-License-Identifier: Apache-2.0
//
// SWIM as its authors ran it (DSN 2002, section 5): periods of 2 s, one relay, news on pings and
// acks alone, scales by natural logarithms; none of Lifeguard's parts and none of memberlist's.
#pragma once

#include <cstdint>

#include "membership/config.h"
#include "sim/cluster/cluster.h"

namespace rollcall::sim::papers {

inline constexpr Duration kSwimPeriod = std::chrono::seconds{2};

// What the three variants of the paper share. `relays`: k.
[[nodiscard]] membership::Config swim_prototype(unsigned relays = 1);
// Their variants: suspicion and its time-out; a verdict at once, told like other news; the same
// told by multicast.
[[nodiscard]] membership::Config swim_with_suspicion();
[[nodiscard]] membership::Config swim_infection();
[[nodiscard]] membership::Config swim_basic();

// The idle local network of the paper: 0.1 ms one way, 1 ms one time in a thousand.
[[nodiscard]] LinkQuality local_network(double loss = 0);

// Members on it, for runs that are too long to keep their story.
[[nodiscard]] ClusterOptions<membership::Node> on_local_network(unsigned members,
                                                                std::uint64_t seed,
                                                                membership::Config profile,
                                                                double loss = 0);

// Everybody knows everybody, as from a former life: no join, and no news that would ride along.
// Then `settle` passes, in which nothing happens to anybody. All nodes must run.
void acquaint(SimCluster<membership::Node>& cluster, Duration settle);

}  // namespace rollcall::sim::papers
