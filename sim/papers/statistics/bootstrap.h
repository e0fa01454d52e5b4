// SPDX-License-Identifier: Apache-2.0
//
// Confidence interval of a statistic: the percentile bootstrap (Efron, 1979). Resampling uses a
// fixed seed, so that a sample always has the same interval.
#pragma once

#include <functional>
#include <span>

#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

using Statistic = std::function<double(std::span<const double>)>;

inline constexpr unsigned kResamples = 1000;

// The middle `level` (95 % by default) of the statistic over kResamples samples of the same size,
// drawn with replacement. The sample must not be empty.
[[nodiscard]] Band bootstrap(std::span<const double> sample, const Statistic& statistic,
                             double level = 0.95);

}  // namespace rollcall::sim::papers
