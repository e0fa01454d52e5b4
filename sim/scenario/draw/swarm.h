// SPDX-License-Identifier: Apache-2.0
//
// Thousands of drawn scenarios, each from its own seed, on several threads. Runs share nothing, so
// the result does not depend on the number of threads: the same seeds give the same hash and the
// same first violation. A swarm can be split over machines: shard I of N takes every N-th seed, and
// merge() adds up the parts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/draw/drawn.h"
#include "sim/scenario/language/scenario.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

struct SwarmProgress {
    std::uint64_t done = 0, all = 0;  // seeds
    std::uint64_t violations = 0;     // seeds with one
};

struct SwarmOptions {
    std::uint64_t from = 1;      // the first seed
    std::uint64_t seeds = 1000;  // number of seeds, over all shards; at least 1
    unsigned threads = 1;        // at least 1
    unsigned shard = 1;          // 1..shards
    unsigned shards = 1;
    DrawLimits limits;
    // One in this many seeds is run twice and must give the same hash; 0: none.
    unsigned twice_every = 50;
    // No seed after the first violation is started. Earlier seeds are finished, so that the first
    // violation is always the same.
    bool stop_at_violation = true;
    // Called every 200 ms from the caller's thread.
    std::function<void(const SwarmProgress&)> progress;
    // The scenario of a seed; tests replace it. Called from any thread.
    std::function<Scenario(std::uint64_t seed, const DrawLimits&)> scenario = draw;
};

struct SwarmFailure {
    std::uint64_t seed = 0;
    std::vector<Violation> violations;
};

struct SwarmResult {
    std::uint64_t from = 0, seeds = 0;  // as asked
    unsigned shards = 1;
    std::vector<unsigned> parts;  // the shards in this result
    std::uint64_t done = 0;       // seeds run
    std::uint64_t twice = 0;      // seeds that were run again and compared
    // Of all runs; independent of their order. Undefined when the swarm stopped early.
    std::uint64_t hash = 0;
    std::uint64_t events = 0;                     // of the worlds
    double node_seconds = 0;                      // simulated
    std::map<std::string, std::uint64_t> broken;  // seeds by invariant
    std::vector<SwarmFailure> failures;           // by seed, at most kMostFailures

    static constexpr std::size_t kMostFailures = 100;
    [[nodiscard]] bool holds() const { return broken.empty(); }
};

[[nodiscard]] SwarmResult run_swarm(const SwarmOptions& options);

// The invariant that a seed determines a run.
inline constexpr const char* kSameSeedSameHash = "same-seed-same-hash";

}  // namespace rollcall::sim
