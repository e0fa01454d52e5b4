// SPDX-License-Identifier: Apache-2.0
//
// The grids of Lifeguard's experiments, and their totals. A whole pass of the interval grid is 432
// runs for each variant; smaller efforts run a share of it, in which each chosen C has every D, and
// scale it up to the whole grid of those C. All variants get the same anomalies.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "sim/papers/frame/catalogue.h"
#include "sim/papers/lifeguard/runs.h"
#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

[[nodiscard]] std::string threshold_id(const LifeguardVariant& variant);
[[nodiscard]] std::string interval_id(const LifeguardVariant& variant);
void add_lifeguard_experiments(Catalogue& all);
// Of the first `variants` variants.
[[nodiscard]] std::vector<std::string> threshold_ids(std::size_t variants);
[[nodiscard]] std::vector<std::string> interval_ids(std::size_t variants);

// Runs of each cell of the threshold grid, for the compared variants.
[[nodiscard]] std::size_t latency_runs(const Scale& scale);
// Latencies of all threshold runs of a variant, pooled.
[[nodiscard]] ThresholdOutcome latencies(const Results& results, const LifeguardVariant& variant);

struct IntervalRun {
    Anomaly anomaly;
    IntervalOutcome outcome;
};
[[nodiscard]] std::vector<IntervalRun> interval_runs(const Results& results,
                                                     const LifeguardVariant& variant);

// The runs whose bytes were counted; their share is the same for every C and D.
[[nodiscard]] std::vector<IntervalRun> with_bytes(const std::vector<IntervalRun>& all);
// The indices of their C in kConcurrent, each once, in order.
[[nodiscard]] std::vector<std::size_t> concurrencies(const std::vector<IntervalRun>& runs);

// The runs of `all` whose cells are also in `wanted`, in the order of `wanted`.
[[nodiscard]] std::vector<IntervalRun> same_cells(const std::vector<IntervalRun>& all,
                                                  const std::vector<IntervalRun>& wanted);

using IntervalCount = double IntervalOutcome::*;
// Scaled to ten repetitions of the whole grid for each C that was run, or for one of them.
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
