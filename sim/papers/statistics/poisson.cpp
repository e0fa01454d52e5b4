// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/statistics/poisson.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace rollcall::sim::papers {
namespace {

// The regularised upper incomplete gamma function Q(a, x): by its series for x < a + 1, by Lentz'
// continued fraction otherwise.
double upper_gamma(double a, double x) {
    if (x <= 0) return 1;
    const double scale = std::exp(a * std::log(x) - x - std::lgamma(a));
    constexpr int kMost = 100'000;
    if (x < a + 1) {
        double term = 1 / a;
        double sum = term;
        for (int n = 1; n < kMost; ++n) {
            term *= x / (a + n);
            sum += term;
            if (term < sum * 1e-15) break;
        }
        return std::clamp(1 - sum * scale, 0.0, 1.0);
    }
    constexpr double kTiny = 1e-300;
    double b = x + 1 - a;
    double c = 1 / kTiny;
    double d = 1 / b;
    double fraction = d;
    for (int n = 1; n < kMost; ++n) {
        const double an = -n * (n - a);
        b += 2;
        d = an * d + b;
        if (std::abs(d) < kTiny) d = kTiny;
        c = b + an / c;
        if (std::abs(c) < kTiny) c = kTiny;
        d = 1 / d;
        const double step = d * c;
        fraction *= step;
        if (std::abs(step - 1) < 1e-15) break;
    }
    return std::clamp(fraction * scale, 0.0, 1.0);
}

// The expectation for which at most `count` events have probability `chance`; it decreases with
// `chance`.
double expectation_for(std::uint64_t count, double chance) {
    double low = 0;
    double high = static_cast<double>(count) + 20 * std::sqrt(static_cast<double>(count) + 1) + 50;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (poisson_at_most(count, middle) > chance ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

double poisson_at_most(std::uint64_t count, double expected) {
    ROLLCALL_CHECK(expected >= 0);
    return upper_gamma(static_cast<double>(count) + 1, expected);
}

Band poisson_interval(std::uint64_t count, double level) {
    ROLLCALL_CHECK(level > 0 && level < 1);
    const double tail = (1 - level) / 2;
    return {.low = count == 0 ? 0 : expectation_for(count - 1, 1 - tail),
            .high = expectation_for(count, tail)};
}

}  // namespace rollcall::sim::papers
