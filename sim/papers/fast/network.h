// SPDX-License-Identifier: Apache-2.0
//
// The clusters that are compared: their network, their members' settings, and how they begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "sim/cluster/cluster.h"
#include "sim/papers/fast/profiles.h"

namespace rollcall::sim::papers {

// One way: 300 us, 3 ms in one of a thousand; distant: 100 ms, 120 ms.
[[nodiscard]] LinkQuality comparison_links(bool distant = false);

// Members n1, n2, ... whose timers fire up to 5 ms late.
[[nodiscard]] ClusterOptions<membership::Node> comparison_cluster(const ComparedProfile& profile,
                                                                  unsigned members,
                                                                  std::uint64_t seed,
                                                                  const LinkQuality& links);

// All start, all know all, and 15 s pass.
void begin_in_peace(SimCluster<membership::Node>& cluster);

// The place of "n7" is 6.
[[nodiscard]] std::size_t place_of(std::string_view name);
[[nodiscard]] double seconds_of(Duration time);

}  // namespace rollcall::sim::papers
