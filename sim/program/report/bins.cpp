// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/bins.h"

namespace rollcall::sim {

TimeBins::TimeBins(Duration length, unsigned most, Duration least) {
    const auto columns = [&](Duration width) { return (length + width - Duration{1}) / width; };
    constexpr int kRound[] = {1, 2, 5};
    Duration decade{1};
    for (unsigned i = 0;; ++i) {
        if (i > 0 && i % 3 == 0) decade *= 10;
        width_ = decade * kRound[i % 3];
        if (width_ >= least && columns(width_) <= most) break;
    }
    count_ = static_cast<unsigned>(std::max<Duration::rep>(1, columns(width_)));
}

}  // namespace rollcall::sim
