// SPDX-License-Identifier: Apache-2.0
#include "agent/host/loop_lag.h"

#include <algorithm>

#include "transport/clock.h"

namespace rollcall::agent {

void LoopLag::ask() {
    if (!timer_) return;
    const Time now = transport::clock_now();
    asked_until_ = now + kAfterAsking;
    if (ticking_) return;
    ticking_ = true;
    last_ = worst_ = worst_before_ = {};
    window_ends_ = now + kTick + kWindow;
    arm(now);
}

void LoopLag::arm(Time now) {
    due_ = now + kTick;
    timer_.start<&LoopLag::tick>(kTick);
}

void LoopLag::tick() {
    const Time now = transport::clock_now();
    const Duration late = std::max(now - due_, Duration{});
    counts_.add(late, kLagBounds);
    if (now >= window_ends_) {
        worst_before_ = now < window_ends_ + kWindow ? worst_ : Duration{};
        worst_ = {};
        window_ends_ = now + kWindow;
    }
    worst_ = std::max(worst_, late);
    last_ = late;
    ticking_ = now < asked_until_;
    if (ticking_) arm(now);
}

Duration LoopLag::overdue() const {
    return ticking_ ? std::max(transport::clock_now() - due_, Duration{}) : Duration{};
}

Duration LoopLag::latest() const {
    return ticking_ ? std::max(last_, overdue()) : Duration{};
}

Duration LoopLag::worst_lately() const {
    return ticking_ ? std::max({worst_, worst_before_, overdue()}) : Duration{};
}

}  // namespace rollcall::agent
