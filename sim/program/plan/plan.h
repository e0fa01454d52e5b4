// SPDX-License-Identifier: Apache-2.0
//
// What a cluster would do with other settings: one scenario carried out once for each combination
// of values and each seed, on as many threads as asked, and what came of each combination. The
// result does not depend on the threads.
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

// A setting by its name, or "nodes", or "loss" of all links; and the values to try, as written.
struct Vary {
    std::string name;
    std::vector<std::string> values;
};
// "probe_interval=500ms,1s". nullopt: `problem` says what is wrong.
[[nodiscard]] std::optional<Vary> parse_vary(std::string_view text, Problem& problem);

struct PlanPoint {
    std::vector<std::pair<std::string, std::string>> values;  // in the order of the Vary's
    Scenario scenario;
};
inline constexpr std::size_t kMostPlanPoints = 1000;

struct PlanPoints {
    std::vector<PlanPoint> points;  // the last Vary changes fastest
    Problems problems;              // of the first point that has any
};
// `text` and `name` of the scenario; `options` for what is the same in all points.
[[nodiscard]] PlanPoints plan_points(std::string_view text, const std::string& name,
                                     const FileOptions& options, const std::vector<Vary>& varies);

// What came of one point, over its seeds. Times in seconds, none when nobody died, or nobody was
// told.
struct PlanFigures {
    unsigned runs = 0;
    std::optional<double> first_s, median_s, p99_s;  // medians of the runs' own
    std::optional<double> all_s;                     // the slowest of all runs
    std::uint64_t missed = 0;                        // never told; of all runs
    double node_hours = 0;                           // simulated
    std::uint64_t false_failures = 0, false_suspicions = 0;
    // Per second; over the nodes of a run, then the median of the runs.
    double packets_median = 0, packets_p99 = 0, bytes_median = 0, bytes_p99 = 0;

    [[nodiscard]] double false_failures_per_node_hour() const {
        return node_hours > 0 ? static_cast<double>(false_failures) / node_hours : 0;
    }
    [[nodiscard]] double false_suspicions_per_node_hour() const {
        return node_hours > 0 ? static_cast<double>(false_suspicions) / node_hours : 0;
    }
};

// Between which rates per node-hour the true one lies (95 % on either side) when `count` alarms
// were seen in `node_hours`: of none in T hours, 0 to 3/T. Alarms count as independent.
struct RateBounds {
    double low = 0, high = 0;
};
[[nodiscard]] RateBounds rate_bounds(std::uint64_t count, double node_hours);
// A setting that was observed for less says too little about false alarms to be chosen by.
inline constexpr double kEnoughNodeHours = 1000;

struct PlanOptions {
    std::uint64_t seed = 1;  // the first
    unsigned seeds = 5;      // at least 1
    unsigned threads = 1;    // at least 1
    // Called now and then from the caller's thread.
    std::function<void(std::size_t done, std::size_t all)> progress;
};
// One for each point.
[[nodiscard]] std::vector<PlanFigures> run_plan(const std::vector<PlanPoint>& points,
                                                const PlanOptions& options);

// Which values are at least as good as all others in everything, or which are best in what: a
// sentence a line. Of false alarms it says no more than the node-hours bear out. Nodes and loss are
// no choice of anybody: under each of theirs, the others are compared. "" when there is nothing to
// choose.
[[nodiscard]] std::string plan_advice(const std::vector<PlanPoint>& points,
                                      const std::vector<PlanFigures>& figures);
// "probe_interval=500ms suspicion_mult=4"
[[nodiscard]] std::string point_name(const PlanPoint& point);

}  // namespace rollcall::sim
