// SPDX-License-Identifier: Apache-2.0
//
// The result of a swarm and its violations, as text.
#pragma once

#include <cstdint>
#include <string>

#include "sim/program/answer/console.h"
#include "sim/scenario/draw/swarm.h"

namespace rollcall::sim {

// `limits`: those of the swarm, for the command that replays. `took_s`: of real time; 0: not shown.
[[nodiscard]] std::string swarm_text(const SwarmResult& result, const DrawLimits& limits,
                                     double took_s, const Console& console);

// The command that runs one of its seeds again.
[[nodiscard]] std::string swarm_again(std::uint64_t seed, const DrawLimits& limits);

// Runs one seed's scenario again up to the violation: the last lines of its story.
[[nodiscard]] std::string story_tail(const Scenario& scenario, std::uint64_t seed,
                                     std::size_t lines);

}  // namespace rollcall::sim
