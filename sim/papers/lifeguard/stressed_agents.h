// SPDX-License-Identifier: Apache-2.0
//
// Lifeguard's cloud experiment (arXiv 1707.00788v2, section II): a hundred agents, some of them on
// machines that 128 other processes keep busy for five minutes.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "sim/papers/lifeguard/runs.h"

namespace rollcall::sim::papers {

inline constexpr unsigned kCloudAgents = 100;

// The time that a starved agent needs for each received message: the only fitted value, on the SWIM
// columns. With 1 of 129 shares of a core, half a millisecond of work takes 60 ms.
inline constexpr Duration kStarvedService = std::chrono::milliseconds{60};

struct StressOutcome {
    double total = 0;       // failure events about unstressed agents, at any agent
    double at_healthy = 0;  // at unstressed agents
};
[[nodiscard]] StressOutcome run_stressed(const LifeguardVariant& variant, unsigned stressed,
                                         Duration service, std::uint64_t seed);

}  // namespace rollcall::sim::papers
