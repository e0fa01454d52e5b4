// SPDX-License-Identifier: Apache-2.0
//
// What a swarm came to, and what broke in it, for people.
#pragma once

#include <cstdint>
#include <string>

#include "sim/program/answer/console.h"
#include "sim/scenario/draw/swarm.h"

namespace rollcall::sim {

// `limits`: as the swarm's, for the command that replays. `took_s`: of real time; 0: not told.
[[nodiscard]] std::string swarm_text(const SwarmResult& result, const DrawLimits& limits,
                                     double took_s, const Console& console);

// The command that runs one of its seeds again.
[[nodiscard]] std::string swarm_again(std::uint64_t seed, const DrawLimits& limits);

// One seed's scenario once more, until the promise breaks: its last lines.
[[nodiscard]] std::string story_tail(const Scenario& scenario, std::uint64_t seed,
                                     std::size_t lines);

}  // namespace rollcall::sim
