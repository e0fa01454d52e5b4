// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/statistics/quantiles.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace rollcall::sim::papers {
namespace {

double between(std::span<const double> sorted, double q) {
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> in_order(std::span<const double> sample) {
    ROLLCALL_CHECK(!sample.empty());
    std::vector<double> sorted{sample.begin(), sample.end()};
    std::ranges::sort(sorted);
    return sorted;
}

}  // namespace

double mean(std::span<const double> sample) {
    ROLLCALL_CHECK(!sample.empty());
    return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double standard_deviation(std::span<const double> sample) {
    if (sample.size() < 2) return 0;
    const double centre = mean(sample);
    double squares = 0;
    for (const double value : sample) squares += (value - centre) * (value - centre);
    return std::sqrt(squares / static_cast<double>(sample.size() - 1));
}

double quantile(std::span<const double> sample, double q) {
    ROLLCALL_CHECK(q >= 0 && q <= 1);
    return between(in_order(sample), q);
}

double median(std::span<const double> sample) {
    return quantile(sample, 0.5);
}

Band middle(std::span<const double> sample, double share) {
    ROLLCALL_CHECK(share >= 0 && share <= 1);
    const std::vector<double> sorted = in_order(sample);
    return {between(sorted, (1 - share) / 2), between(sorted, (1 + share) / 2)};
}

}  // namespace rollcall::sim::papers
