// SPDX-License-Identifier: Apache-2.0
//
// The time that one turn of HTTP work may take, or one step of it. What is left is done in a later
// turn, after the loop has read its sockets. A turn looks at the clock before every step, so it is
// longer than its budget by one step at most. One thread.
#pragma once

#include <chrono>

#include "base/time.h"

namespace rollcall::agent::http {

class Budget {
public:
    using Clock = std::chrono::steady_clock;

    Budget() = default;
    explicit Budget(Duration length) { begin(length); }
    void begin(Duration length) { end_ = Clock::now() + length; }
    [[nodiscard]] bool left() const { return Clock::now() < end_; }

private:
    Clock::time_point end_{};
};

// Of one step, such as a call of Source::append(): half a millisecond with the item it is at.
inline constexpr Duration kStep = std::chrono::microseconds{400};

}  // namespace rollcall::agent::http
