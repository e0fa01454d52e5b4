// SPDX-License-Identifier: Apache-2.0
//
// The local health score (rule P5; Lifeguard, "LHA-Probe"): 0 is healthy, and each point stretches
// the probe interval by one more interval. Our own failures raise it, answers lower it.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace rollcall::membership {

class Awareness {
public:
    // Scores run from 0 to max_multiplier - 1.
    explicit Awareness(unsigned max_multiplier) : max_{static_cast<int>(max_multiplier) - 1} {}

    void apply(int delta) { score_ = std::clamp(score_ + delta, 0, max_); }
    [[nodiscard]] unsigned score() const { return static_cast<unsigned>(score_); }
    [[nodiscard]] Duration scale(Duration interval) const { return interval * (score_ + 1); }

private:
    int max_;
    int score_ = 0;
};

}  // namespace rollcall::membership
