// SPDX-License-Identifier: Apache-2.0
//
// Whether two samples can be of one distribution: the two-sample Kolmogorov-Smirnov test.
#pragma once

#include <span>

namespace rollcall::sim::papers {

struct KolmogorovSmirnov {
    double distance = 0;  // the largest difference of the two empirical distributions, 0..1
    double p = 1;         // how often chance alone makes it as large; Stephens' approximation
};

// Neither sample may be empty. The p value is good to about a hundredth from 8 values each on.
[[nodiscard]] KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> a,
                                                   std::span<const double> b);

}  // namespace rollcall::sim::papers
