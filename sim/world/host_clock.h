// SPDX-License-Identifier: Apache-2.0
//
// A host's own monotonic clock: it starts at any value, may drift, and may jump forward, as after a
// suspend. It never goes back. In whole nanoseconds, without rounding errors that accumulate.
#pragma once

#include <string>

#include "base/check.h"
#include "base/time.h"
#include "sim/world/exact_math.h"
#include "sim/world/ranges.h"

namespace rollcall::sim {

class HostClock {
public:
    static constexpr int kMostDrift = 100'000;  // parts per million, fast or slow
    static constexpr Duration kLongestJump = std::chrono::hours{24 * 365};

    explicit HostClock(Duration offset) : shown_{offset} {}

    // The clock's reading at `world` time, which must not be before the last change.
    [[nodiscard]] Time local(Time world) const {
        const Duration passed = world - since_;
        if (ppm_ == 0) return shown_ + passed;
        return shown_ + passed + floored(static_cast<SignedWide>(passed.count()) * ppm_, kMillion);
    }
    // The first world time at which the clock reads `local`.
    [[nodiscard]] Time world(Time local) const {
        const Duration ahead = local - shown_;
        if (ppm_ == 0) return since_ + ahead;
        return since_ -
               floored(-static_cast<SignedWide>(ahead.count()) * kMillion, kMillion + ppm_);
    }
    [[nodiscard]] int drift() const { return ppm_; }

    // `ppm` above 0: the clock runs fast, and timers fire early.
    void set_drift(Time now, int ppm) {
        ROLLCALL_CHECK(drift_problem(ppm).empty());
        start_over(now);
        ppm_ = ppm;
    }
    void jump(Time now, Duration forward) {
        ROLLCALL_CHECK(jump_problem(forward).empty());
        start_over(now);
        shown_ += forward;
    }
    // Empty, or what is wrong with it and what is allowed.
    [[nodiscard]] static std::string drift_problem(int ppm) {
        if (ppm >= -kMostDrift && ppm <= kMostDrift) return {};
        return "drift is " + std::to_string(ppm) + " ppm; allowed is " +
               std::to_string(-kMostDrift) + " to " + std::to_string(kMostDrift);
    }
    [[nodiscard]] static std::string jump_problem(Duration forward) {
        if (forward < Duration{}) {
            return "jump is " + whole_units(forward) + "; a monotonic clock never goes back";
        }
        return out_of_range("jump", forward, {}, kLongestJump);
    }

private:
    static constexpr std::int64_t kMillion = 1'000'000;
    // Towards minus infinity.
    [[nodiscard]] static Duration floored(SignedWide value, std::int64_t by) {
        SignedWide quotient = value / by;
        if (value % by < 0) --quotient;
        return Duration{static_cast<Duration::rep>(quotient)};
    }
    void start_over(Time now) {
        shown_ = local(now);
        since_ = now;
    }

    Time shown_;  // at since_
    Time since_{};
    int ppm_ = 0;
};

}  // namespace rollcall::sim
