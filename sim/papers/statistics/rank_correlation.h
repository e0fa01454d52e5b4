// SPDX-License-Identifier: Apache-2.0
//
// Spearman's rank correlation of two series; equal values share their ranks.
#pragma once

#include <span>

namespace rollcall::sim::papers {

// -1 to 1; 0 when either series is constant. Both have the same length, at least 2.
[[nodiscard]] double rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace rollcall::sim::papers
