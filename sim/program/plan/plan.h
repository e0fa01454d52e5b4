// SPDX-License-Identifier: Apache-2.0
//
// Compares settings: runs one scenario for each combination of values and each seed, on several
// threads, and summarises each combination. The result does not depend on the number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/language/file.h"
#include "sim/scenario/language/problem.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// The name of a setting, "nodes", or "loss" (of all links); and the values to compare, as given.
struct Vary {
    std::string name;
    std::vector<std::string> values;
};
// Parses "probe_interval=500ms,1s". nullopt: `problem` has the error.
[[nodiscard]] std::optional<Vary> parse_vary(std::string_view text, Problem& problem);

struct PlanPoint {
    std::vector<std::pair<std::string, std::string>> values;  // in the order of the Vary list
    Scenario scenario;
};
inline constexpr std::size_t kMostPlanPoints = 1000;

struct PlanPoints {
    std::vector<PlanPoint> points;  // the last Vary changes fastest
    Problems problems;              // of the first invalid point
};
// `text` and `name` of the scenario; `options` apply to all points.
[[nodiscard]] PlanPoints plan_points(std::string_view text, const std::string& name,
                                     const FileOptions& options, const std::vector<Vary>& varies);

// The results of one point, over its seeds. Times in seconds; none if no death was detected.
struct PlanFigures {
    unsigned runs = 0;
    std::optional<double> first_s, median_s, p99_s;  // medians over the runs
    std::optional<double> all_s;                     // the maximum of all runs
    std::uint64_t missed = 0;                        // not detected; sum of all runs
    double node_hours = 0;                           // simulated
    std::uint64_t false_failures = 0, false_suspicions = 0;
    // Per second: median or p99 over the nodes of a run, then the median over the runs.
    double packets_median = 0, packets_p99 = 0, bytes_median = 0, bytes_p99 = 0;

    [[nodiscard]] double false_failures_per_node_hour() const {
        return node_hours > 0 ? static_cast<double>(false_failures) / node_hours : 0;
    }
    [[nodiscard]] double false_suspicions_per_node_hour() const {
        return node_hours > 0 ? static_cast<double>(false_suspicions) / node_hours : 0;
    }
};

// One-sided 95 % bounds of the rate per node-hour when `count` alarms were observed in
// `node_hours`: with none in T hours, 0 to 3/T. Alarms count as independent.
struct RateBounds {
    double low = 0, high = 0;
};
[[nodiscard]] RateBounds rate_bounds(std::uint64_t count, double node_hours);
// Below this, the observation is too short to choose a setting by its false alarms.
inline constexpr double kEnoughNodeHours = 1000;

struct PlanOptions {
    std::uint64_t seed = 1;  // the first
    unsigned seeds = 5;      // at least 1
    unsigned threads = 1;    // at least 1
    // Called from the caller's thread.
    std::function<void(std::size_t done, std::size_t all)> progress;
};
// One for each point.
[[nodiscard]] std::vector<PlanFigures> run_plan(const std::vector<PlanPoint>& points,
                                                const PlanOptions& options);

// Which value is at least as good as all others in everything, or which is best in which respect:
// one sentence per line. False alarms count only as far as the node-hours allow. Nodes and loss
// cannot be chosen: for each of their values, the other settings are compared. "" when there is
// nothing to choose.
[[nodiscard]] std::string plan_advice(const std::vector<PlanPoint>& points,
                                      const std::vector<PlanFigures>& figures);
// "probe_interval=500ms suspicion_mult=4"
[[nodiscard]] std::string point_name(const PlanPoint& point);

}  // namespace rollcall::sim
