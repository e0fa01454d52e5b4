// SPDX-License-Identifier: Apache-2.0
//
// The grids of Lifeguard's experiments as experiments of ours, and what they add up to. A whole
// pass of the interval grid is 432 runs for each variant; smaller efforts run a share of it, chosen
// so that every pair of C and D stays in, and count it as the whole. All variants meet the same
// anomalies.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "sim/papers/catalogue.h"
#include "sim/papers/lifeguard_runs.h"
#include "sim/papers/quantiles.h"

namespace rollcall::sim::papers {

[[nodiscard]] std::string threshold_id(const LifeguardVariant& variant);
[[nodiscard]] std::string interval_id(const LifeguardVariant& variant);
void add_lifeguard_experiments(Catalogue& all);
// Of all variants, or of those that are compared part by part.
[[nodiscard]] std::vector<std::string> threshold_ids(std::size_t variants);
[[nodiscard]] std::vector<std::string> interval_ids(std::size_t variants);

// Latencies of all threshold runs of a variant, pooled.
[[nodiscard]] ThresholdOutcome latencies(const Results& results, const LifeguardVariant& variant);

struct IntervalRun {
    Anomaly anomaly;
    IntervalOutcome outcome;
};
[[nodiscard]] std::vector<IntervalRun> interval_runs(const Results& results,
                                                     const LifeguardVariant& variant);

// Those runs of `all` whose cells are in `wanted` too, in the order of `wanted`.
[[nodiscard]] std::vector<IntervalRun> same_cells(const std::vector<IntervalRun>& all,
                                                  const std::vector<IntervalRun>& wanted);

using IntervalCount = double IntervalOutcome::*;
// Brought up to ten repetitions of the whole grid, or of its rows with one C.
[[nodiscard]] double grid_total(const std::vector<IntervalRun>& runs, IntervalCount what);
[[nodiscard]] double grid_total_at(const std::vector<IntervalRun>& runs, IntervalCount what,
                                   std::size_t c);
[[nodiscard]] double plain_sum(const std::vector<IntervalRun>& runs, IntervalCount what);

// 95 % by bootstrap over runs: of a total, and of the ratio of two variants' sums over the same
// cells.
[[nodiscard]] Band total_interval(const std::vector<IntervalRun>& runs, IntervalCount what);
[[nodiscard]] Band ratio_interval(const std::vector<IntervalRun>& above,
                                  const std::vector<IntervalRun>& below, IntervalCount what);

}  // namespace rollcall::sim::papers
