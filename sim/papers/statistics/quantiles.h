// SPDX-License-Identifier: Apache-2.0
//
// Means and quantiles of a sample. A quantile is interpolated linearly between two order statistics
// (the commonest definition, number 7 of Hyndman and Fan, 1996). Samples must not be empty.
#pragma once

#include <span>
#include <vector>

namespace rollcall::sim::papers {

// A closed range of values.
struct Band {
    double low = 0;
    double high = 0;
    [[nodiscard]] bool holds(double value) const { return low <= value && value <= high; }
};

[[nodiscard]] double mean(std::span<const double> sample);
// Of the sample, with n - 1; 0 for one value.
[[nodiscard]] double standard_deviation(std::span<const double> sample);
// q from 0 (the smallest) to 1 (the largest).
[[nodiscard]] double quantile(std::span<const double> sample, double q);
[[nodiscard]] double median(std::span<const double> sample);
// From the (1 - share) / 2 to the (1 + share) / 2 quantile: 0.9 gives the 5-95 % band.
[[nodiscard]] Band middle(std::span<const double> sample, double share);

}  // namespace rollcall::sim::papers
