// SPDX-License-Identifier: Apache-2.0
//
// Makes a failing scenario smaller while it still violates the same invariant: fewer steps, fewer
// nodes, shorter times, simpler settings. The result is usually short enough to be understood.
// Every candidate is run with a few seeds, since each change alters all later random numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/scenario/language/scenario.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

struct ShrinkOptions {
    std::string invariant;      // its name; "": the first that is violated
    unsigned most_runs = 3000;  // over all candidates; at least 1
    unsigned seeds = 3;         // tried for each candidate; at least 1
    // Called for each smaller scenario found: its steps and nodes, and the runs so far.
    std::function<void(std::size_t steps, unsigned nodes, unsigned runs)> progress;
};

struct Shrunk {
    Scenario scenario;    // its seed is set
    Violation violation;  // of the smaller scenario
    unsigned runs = 0;
};

// nullopt: the scenario as given does not violate the invariant. `scenario` must be valid.
[[nodiscard]] std::optional<Shrunk> shrink(const Scenario& scenario, std::uint64_t seed,
                                           const ShrinkOptions& options);

// Removes node `gone`: higher numbers move down by one, and steps lose it. Needs at least two
// nodes.
[[nodiscard]] Scenario without_node(const Scenario& scenario, std::uint32_t gone);

}  // namespace rollcall::sim
