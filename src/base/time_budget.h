// SPDX-License-Identifier: Apache-2.0
//
// Measured time, for budgets only: work that others can cause is cut into pieces, or refused, when
// it has taken too long. The protocol never depends on it. The owner of a core passes the clock:
// agents one that measures, the simulator and tests one that stands still, with which no budget is
// ever used up, or one that they move.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace rollcall {

class WorkClock {
public:
    virtual ~WorkClock() = default;
    // Never goes back. Comparable only with other values of the same clock.
    [[nodiscard]] virtual Time now() = 0;
};

// No time passes, so all work is free, and a run depends on its inputs alone.
class StillClock final : public WorkClock {
public:
    [[nodiscard]] Time now() override { return Time{}; }
};
[[nodiscard]] inline WorkClock& still_clock() {
    static StillClock clock;
    return clock;
}

// A share of one thread's time: each rest is `rests` times as long as the work before it, so 1 is
// half of the time and 3 a quarter. At most `most` in a row, where the work can be interrupted.
// Pure: the caller passes the time.
class TimeBudget {
public:
    // No piece of work takes longer: the process was stopped in it, or its host stood still. Paying
    // that back would keep others waiting for as long again.
    static constexpr Duration kLongestWork = std::chrono::milliseconds{250};

    explicit TimeBudget(Duration most, int rests = 1) : most_{most}, rests_{rests}, left_{most} {}

    // What may be spent now; 0 or less: nothing before ready_at().
    [[nodiscard]] Duration left(Time now) const { return std::min(most_, left_ + earned(now)); }
    void spend(Time from, Time to) {
        left_ = left(from) - std::min(kLongestWork, to - from);
        counted_ = to;
    }
    // When left() is above 0.
    [[nodiscard]] Time ready_at() const {
        return left_ > Duration{} ? counted_ : counted_ + rests_ * (Duration{1} - left_);
    }

private:
    [[nodiscard]] Duration earned(Time now) const {
        return std::max(Duration{}, now - counted_) / rests_;
    }

    Duration most_;
    int rests_;
    Duration left_;   // at counted_
    Time counted_{};  // end of the last work
};

}  // namespace rollcall
