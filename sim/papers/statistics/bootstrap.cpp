// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/statistics/bootstrap.h"

#include <vector>

#include "base/check.h"
#include "base/rng.h"

namespace rollcall::sim::papers {

Band bootstrap(std::span<const double> sample, const Statistic& statistic, double level) {
    ROLLCALL_CHECK(!sample.empty());
    Rng rng{0x626f6f74u};
    std::vector<double> drawn(sample.size());
    std::vector<double> values;
    values.reserve(kResamples);
    for (unsigned i = 0; i < kResamples; ++i) {
        for (double& value : drawn)
            value = sample[static_cast<std::size_t>(rng.below(sample.size()))];
        values.push_back(statistic(drawn));
    }
    return middle(values, level);
}

}  // namespace rollcall::sim::papers
