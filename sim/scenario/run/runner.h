// SPDX-License-Identifier: Apache-2.0
//
// Runs a scenario from one seed. The same scenario and seed give the same run: on every machine,
// with every compiler, on any number of threads, with or without observers. Runs share nothing, so
// a swarm can run one per core.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/judge/outcome.h"
#include "sim/scenario/language/scenario.h"
#include "sim/world/network.h"

namespace rollcall::sim {

struct RunOptions {
    bool invariants = true;
    bool stop_at_violation = false;
    bool keep_story = false;  // memory grows with the run
    Duration sample_every = std::chrono::milliseconds{500};
    std::span<Observer* const> observers{};  // borrowed
};

struct RunResult {
    std::uint64_t seed = 0;
    std::uint64_t hash = 0;    // of the whole run, its start included
    std::uint64_t events = 0;  // deliveries and timers
    Duration length{};         // simulated, healing included
    Traffic traffic;
    std::map<std::string, double> figures;  // by name, see figures.h; only those that are defined
    std::vector<Outcome> outcomes;          // of all expectations, as written
    std::vector<Violation> violations;      // of invariants as they happened, then expectations
    std::uint64_t invariants_broken = 0;    // how often; `violations` has the first ones
    std::string story;                      // with keep_story
    [[nodiscard]] bool holds() const { return violations.empty(); }
};

// `scenario` must be valid: as read_scenario() returns it, or checked by check() (check.h).
[[nodiscard]] RunResult run(const Scenario& scenario, std::uint64_t seed,
                            const RunOptions& options = {});

}  // namespace rollcall::sim
