// SPDX-License-Identifier: Apache-2.0
//
// Makes a failing scenario smaller while the same promise stays broken: fewer steps, fewer nodes,
// shorter times, plainer settings. What is left is usually short enough to be read as a story.
// Every candidate is run with a few seeds, since each change throws the dice anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/scenario/language/scenario.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

struct ShrinkOptions {
    std::string promise;        // to stay broken; "": the first that breaks
    unsigned most_runs = 3000;  // of candidates; at least 1
    unsigned seeds = 3;         // tried for each candidate; at least 1
    // Told whenever a smaller one is found: how many steps and nodes it has, runs so far.
    std::function<void(std::size_t steps, unsigned nodes, unsigned runs)> progress;
};

struct Shrunk {
    Scenario scenario;    // its seed is set
    Violation violation;  // as it breaks now
    unsigned runs = 0;
};

// nullopt: the promise is not broken in the first place. `scenario` must be valid.
[[nodiscard]] std::optional<Shrunk> shrink(const Scenario& scenario, std::uint64_t seed,
                                           const ShrinkOptions& options);

// Without node `gone`: those above it move down by one, and steps lose it. Of at least two nodes.
[[nodiscard]] Scenario without_node(const Scenario& scenario, std::uint32_t gone);

}  // namespace rollcall::sim
