// SPDX-License-Identifier: Apache-2.0
//
// Thousands of drawn scenarios, each from its own seed, on as many threads as there are cores. Runs
// share nothing, so the result does not depend on the threads: the same seeds give the same hash
// and the same first violation. A swarm can be split over machines: shard I of N takes every N-th
// seed, and merge() adds the parts up.
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
    std::uint64_t seeds = 1000;  // how many, over all shards; at least 1
    unsigned threads = 1;        // at least 1
    unsigned shard = 1;          // 1..shards
    unsigned shards = 1;
    DrawLimits limits;
    // Every so many seeds one is run twice and must give the same bytes; 0: none.
    unsigned twice_every = 50;
    // No seed after the first violation is begun. Those before it are finished, so that the first
    // is always the same one.
    bool stop_at_violation = true;
    // Called now and then from the caller's thread.
    std::function<void(const SwarmProgress&)> progress;
    // What a seed means; drawn from it unless a test says otherwise. Called from any thread.
    std::function<Scenario(std::uint64_t seed, const DrawLimits&)> scenario = draw;
};

struct SwarmFailure {
    std::uint64_t seed = 0;
    std::vector<Violation> violations;
};

struct SwarmResult {
    std::uint64_t from = 0, seeds = 0;  // as asked
    unsigned shards = 1;
    std::vector<unsigned> parts;  // which shards this result holds
    std::uint64_t done = 0;       // seeds that were run
    std::uint64_t twice = 0;      // seeds of them that were run again and compared
    // Of all runs; does not depend on their order. Meaningless when the swarm stopped early.
    std::uint64_t hash = 0;
    std::uint64_t events = 0;                     // of the worlds
    double node_seconds = 0;                      // simulated
    std::map<std::string, std::uint64_t> broken;  // seeds by promise
    std::vector<SwarmFailure> failures;           // by seed, at most kMostFailures

    static constexpr std::size_t kMostFailures = 100;
    [[nodiscard]] bool holds() const { return broken.empty(); }
};

[[nodiscard]] SwarmResult run_swarm(const SwarmOptions& options);

// The name of the promise that one seed is one run.
inline constexpr const char* kSameSeedSameBytes = "same-seed-same-bytes";

}  // namespace rollcall::sim
