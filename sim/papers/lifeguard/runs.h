// SPDX-License-Identifier: Apache-2.0
//
// Lifeguard's controlled experiments (arXiv 1707.00788v2, section V-D): 128 agents, some of which
// block in lock-step, once or repeatedly. Their agents were Consul's; ours are bare members with
// memberlist's timings. Rows L1 to L5 judge the results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "membership/config.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

inline constexpr unsigned kAgents = 128;
inline constexpr std::array<unsigned, 9> kConcurrent = {1, 4, 8, 12, 16, 20, 24, 28, 32};     // C
inline constexpr std::array<unsigned, 6> kBlockedMs = {128, 512, 2048, 8192, 16384, 32768};   // D
inline constexpr std::array<unsigned, 8> kNormalMs = {1, 4, 16, 64, 256, 1024, 4096, 16384};  // I
inline constexpr unsigned kPaperRepetitions = 10;
// The time an agent needs for each received message. Fitted on SWIM's false positives (row L2): an
// agent that runs for a millisecond between two blocks handles ten of the waiting messages.
inline constexpr Duration kMessageWork = std::chrono::microseconds{100};

struct LifeguardVariant {
    std::string name;  // "SWIM", "Lifeguard", ...
    std::string slug;  // in the ids of experiments
    bool probe = true, suspicion = true, buddy = true;
    unsigned alpha = 5, beta = 6;

    [[nodiscard]] membership::Config config(bool compress) const;
};
// SWIM, LHA-Probe, LHA-Suspicion, Buddy System, Lifeguard; then Lifeguard with the other eight
// pairs of alpha and beta.
[[nodiscard]] const std::vector<LifeguardVariant>& lifeguard_variants();
inline constexpr std::size_t kComparedVariants = 5;

// One cell of the grids. `i` is kOnce where agents block a single time.
struct Anomaly {
    static constexpr std::size_t kOnce = ~std::size_t{0};
    std::size_t c = 0, d = 0, i = kOnce;  // indices into the tables above
};

// Latencies from an anomaly's start, in seconds, for each anomalous agent: `first`, when any other
// agent first declared it failed; `full`, when the last agent outside the anomaly did, if all did.
struct ThresholdOutcome {
    std::vector<double> first, full;
};
[[nodiscard]] ThresholdOutcome run_threshold(const LifeguardVariant& variant,
                                             const Anomaly& anomaly, std::uint64_t seed);

struct IntervalOutcome {
    double false_positives = 0;             // failure events about agents outside the anomaly
    double false_positives_at_healthy = 0;  // those at agents outside the anomaly
    double messages = 0, bytes = 0;         // sent by all
};
// Compression costs a third of the time and changes nothing but `bytes`.
[[nodiscard]] IntervalOutcome run_interval(const LifeguardVariant& variant, const Anomaly& anomaly,
                                           bool compress, std::uint64_t seed);

}  // namespace rollcall::sim::papers
