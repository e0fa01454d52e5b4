// SPDX-License-Identifier: Apache-2.0
//
// How sure a statistic of a sample is: the percentile bootstrap (Efron, 1979). The sample is drawn
// from again and again with the same dice each time, so that a sample has one interval.
#pragma once

#include <functional>
#include <span>

#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

using Statistic = std::function<double(std::span<const double>)>;

inline constexpr unsigned kResamples = 1000;

// The middle `level` (95 % by default) of the statistic over kResamples samples of the same size,
// drawn with replacement. The sample must not be empty; of one value the interval is that value.
[[nodiscard]] Band bootstrap(std::span<const double> sample, const Statistic& statistic,
                             double level = 0.95);

}  // namespace rollcall::sim::papers
