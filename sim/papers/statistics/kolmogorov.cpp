// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/statistics/kolmogorov.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"

namespace rollcall::sim::papers {
namespace {

// Kolmogorov's limiting distribution: the probability of more than `lambda`.
double kolmogorov_tail(double lambda) {
    if (lambda < 0.2) return 1;  // the series converges too slowly, and its value is 1
    double sum = 0;
    double sign = 1;
    for (int k = 1; k <= 100; ++k) {
        const double term = std::exp(-2.0 * k * k * lambda * lambda);
        sum += sign * term;
        if (term < 1e-12) break;
        sign = -sign;
    }
    return std::clamp(2 * sum, 0.0, 1.0);
}

}  // namespace

KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> a, std::span<const double> b) {
    ROLLCALL_CHECK(!a.empty() && !b.empty());
    std::vector<double> x{a.begin(), a.end()}, y{b.begin(), b.end()};
    std::ranges::sort(x);
    std::ranges::sort(y);
    const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
    double distance = 0;
    std::size_t i = 0, j = 0;
    while (i < x.size() && j < y.size()) {
        const double at = std::min(x[i], y[j]);  // equal values count on both sides at once
        while (i < x.size() && x[i] <= at) ++i;
        while (j < y.size() && y[j] <= at) ++j;
        distance =
            std::max(distance, std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
    }
    const double root = std::sqrt(n * m / (n + m));
    return {distance, kolmogorov_tail((root + 0.12 + 0.11 / root) * distance)};
}

}  // namespace rollcall::sim::papers
