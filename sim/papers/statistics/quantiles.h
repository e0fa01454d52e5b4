// SPDX-License-Identifier: Apache-2.0
//
// Means and quantiles of a sample. A quantile lies between two order statistics, linearly (the
// commonest definition, number 7 of Hyndman and Fan, 1996). Samples must not be empty.
#pragma once

#include <span>
#include <vector>

namespace rollcall::sim::papers {

// A range of values with both ends; what it means says whoever makes it.
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
// From the (1 - share) / 2 quantile to its mirror image: 0.9 is the 5-95 % band.
[[nodiscard]] Band middle(std::span<const double> sample, double share);

}  // namespace rollcall::sim::papers
