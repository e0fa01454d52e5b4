// SPDX-License-Identifier: Apache-2.0
//
// The two-sample Kolmogorov-Smirnov test: whether two samples can be of one distribution.
#pragma once

#include <span>

namespace rollcall::sim::papers {

struct KolmogorovSmirnov {
    double distance = 0;  // the largest difference of the two empirical distributions, 0..1
    double p = 1;         // probability of such a distance by chance; Stephens' approximation
};

// Neither sample may be empty. The p value is accurate to about 0.01 from 8 values each.
[[nodiscard]] KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> a,
                                                   std::span<const double> b);

}  // namespace rollcall::sim::papers
