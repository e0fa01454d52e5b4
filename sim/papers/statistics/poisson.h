// SPDX-License-Identifier: Apache-2.0
//
// Confidence intervals for the expectation of a Poisson count.
#pragma once

#include <cstdint>

#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

// The probability of at most `count` events when `expected` (0 or more) are expected.
[[nodiscard]] double poisson_at_most(std::uint64_t count, double expected);

// The expectations that are consistent with the count: Garwood's exact interval (1936), `level`
// between 0 and 1.
[[nodiscard]] Band poisson_interval(std::uint64_t count, double level = 0.95);

}  // namespace rollcall::sim::papers
