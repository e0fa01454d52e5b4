// SPDX-License-Identifier: Apache-2.0
//
// Lifeguard's cloud experiment (arXiv 1707.00788v2, section II): a hundred agents, some of whose
// machines are kept busy by 128 other processes for five minutes.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "sim/papers/lifeguard/runs.h"

namespace rollcall::sim::papers {

inline constexpr unsigned kCloudAgents = 100;

// The time that a starved agent needs for each message it receives: the one thing that is fitted,
// on the SWIM columns. 1 of 129 shares of a core makes half a millisecond of work into 60 ms.
inline constexpr Duration kStarvedService = std::chrono::milliseconds{60};

struct StressOutcome {
    double total = 0;       // failures of unstressed agents, told anywhere
    double at_healthy = 0;  // told by unstressed ones
};
[[nodiscard]] StressOutcome run_stressed(const LifeguardVariant& variant, unsigned stressed,
                                         Duration service, std::uint64_t seed);

}  // namespace rollcall::sim::papers
