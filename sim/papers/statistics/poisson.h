// SPDX-License-Identifier: Apache-2.0
//
// What a count says about the number to be expected, when events are rare and independent.
#pragma once

#include <cstdint>

#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

// The chance of at most `count` events where `expected` (0 or more) are expected.
[[nodiscard]] double poisson_at_most(std::uint64_t count, double expected);

// Expectations that the count does not speak against: Garwood's exact interval (1936), `level`
// between 0 and 1.
[[nodiscard]] Band poisson_interval(std::uint64_t count, double level = 0.95);

}  // namespace rollcall::sim::papers
