// SPDX-License-Identifier: Apache-2.0
#include "agent/host/loop_lag.h"

#include <algorithm>

#include "transport/clock.h"

namespace rollcall::agent {

void LoopLag::begin() {
    timer_.init(*this, loop_);
    due_ = transport::clock_now() + kTick;
    window_ends_ = due_ + kWindow;
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
    due_ = now + kTick;
    timer_.start<&LoopLag::tick>(kTick);
}

Duration LoopLag::worst_lately() const {
    const Duration overdue = timer_ ? transport::clock_now() - due_ : Duration{};
    return std::max({worst_, worst_before_, overdue});
}

}  // namespace rollcall::agent
