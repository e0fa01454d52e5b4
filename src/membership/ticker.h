// SPDX-License-Identifier: Apache-2.0
//
// A fixed interval. Missed ticks are dropped, not queued. Starts at a random point of its first
// interval, so that nodes started together do not act in lockstep.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/rng.h"
#include "base/time.h"

namespace rollcall::membership {

class Ticker {
public:
    // An interval of 0 never ticks.
    void start(Time now, Duration interval, Rng& rng) {
        if (interval <= Duration{}) return;
        const auto delay = rng.below(static_cast<std::uint64_t>(interval.count()));
        next_ = now + Duration{static_cast<Duration::rep>(delay)};
    }
    // True once per due tick; the next one lies on the same grid, after now.
    [[nodiscard]] bool due(Time now, Duration interval) {
        if (!next_ || now < *next_) return false;
        const auto missed = (now - *next_) / interval;
        next_ = *next_ + interval * (missed + 1);
        return true;
    }
    // Changes the interval. The next tick stays, unless it is further away than a whole new
    // interval; then, and when there was none, it starts like the first.
    void change(Time now, Duration interval, Rng& rng) {
        if (interval <= Duration{}) {
            next_.reset();
        } else if (!next_ || *next_ - now > interval) {
            start(now, interval, rng);
        }
    }
    // Drops ticks before `now`.
    void skip_until(Time now, Duration interval) {
        if (!next_ || now <= *next_) return;
        next_ = *next_ + interval * ((now - *next_ + interval - Duration{1}) / interval);
    }
    void set(Time at) {
        if (next_) next_ = at;
    }
    void no_later_than(Time at) {
        if (next_) next_ = std::min(*next_, at);
    }
    [[nodiscard]] std::optional<Time> next() const { return next_; }

private:
    std::optional<Time> next_;
};

}  // namespace rollcall::membership
