// SPDX-License-Identifier: Apache-2.0
//
// A share of the loop's time, in measured time: at most half of it, as each rest is as long as the
// work before. At most `most` in a row, where the work can be interrupted. Pure: the caller passes
// the time.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace rollcall::agent {

class TimeBudget {
public:
    // No piece of work takes longer: the process was stopped in it, or its host stood still. Paying
    // that back would keep clients waiting for as long again.
    static constexpr Duration kLongestWork = std::chrono::milliseconds{250};

    explicit TimeBudget(Duration most) : most_{most}, left_{most} {}

    // What may be spent now; 0 or less: nothing before ready_at().
    [[nodiscard]] Duration left(Time now) const { return std::min(most_, left_ + earned(now)); }
    void spend(Time from, Time to) {
        left_ = left(from) - std::min(kLongestWork, to - from);
        counted_ = to;
    }
    // When left() is above 0.
    [[nodiscard]] Time ready_at() const {
        return left_ > Duration{} ? counted_ : counted_ - left_ + Duration{1};
    }

private:
    [[nodiscard]] Duration earned(Time now) const { return std::max(Duration{}, now - counted_); }

    Duration most_;
    Duration left_;   // at counted_
    Time counted_{};  // end of the last work
};

}  // namespace rollcall::agent
