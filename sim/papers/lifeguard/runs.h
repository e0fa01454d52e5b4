// SPDX-License-Identifier: Apache-2.0
//
// Lifeguard's controlled experiments (arXiv 1707.00788v2, section V-D): 128 agents, of whom some
// block in lock-step, once or again and again. Their agents were Consul's; ours are bare members
// with memberlist's timings. Rows L1 to L5 judge what these runs count.
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
// What an agent needs for each message it receives. Fitted on SWIM's false positives (row L2): an
// agent that runs for a millisecond between two blocks hears ten of the messages that waited.
inline constexpr Duration kMessageWork = std::chrono::microseconds{100};

struct LifeguardVariant {
    std::string name;  // "SWIM", "Lifeguard", ...
    std::string slug;  // in experiments' names
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
    std::size_t c = 0, d = 0, i = kOnce;  // places in the tables above
};

// Latencies from an anomaly's start, in seconds: of each anomalous agent that somebody else
// declared failed, the first time; and where all agents outside the anomaly did, the last of them.
struct ThresholdOutcome {
    std::vector<double> first, full;
};
[[nodiscard]] ThresholdOutcome run_threshold(const LifeguardVariant& variant,
                                             const Anomaly& anomaly, std::uint64_t seed);

struct IntervalOutcome {
    double false_positives = 0;             // failures of agents outside the anomaly, told anywhere
    double false_positives_at_healthy = 0;  // those told outside the anomaly
    double messages = 0, bytes = 0;         // sent by all
};
// Compression costs a third of the time and changes nothing but `bytes`.
[[nodiscard]] IntervalOutcome run_interval(const LifeguardVariant& variant, const Anomaly& anomaly,
                                           bool compress, std::uint64_t seed);

}  // namespace rollcall::sim::papers
