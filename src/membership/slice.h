// SPDX-License-Identifier: Apache-2.0
//
// How long one call works on something that others can make arbitrarily long (rules Y5, Y6): a
// millisecond of measured time. Datagrams and deadlines are handled before the next slice.
#pragma once

#include <chrono>

#include "base/time.h"
#include "base/time_budget.h"

namespace rollcall::membership {

class Slice {
public:
    static constexpr Duration kLength = std::chrono::milliseconds{1};

    explicit Slice(WorkClock& clock) : clock_{clock}, from_{clock.now()} {}
    // Asks the clock, which takes some 30 ns.
    [[nodiscard]] bool over() const { return clock_.now() - from_ >= kLength; }

private:
    WorkClock& clock_;
    Time from_;
};

}  // namespace rollcall::membership
