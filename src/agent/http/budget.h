// SPDX-License-Identifier: Apache-2.0
//
// The time that one turn of HTTP work may take. What is left is done in a later turn, after the
// loop has read its sockets. Every step is checked before it begins, so a turn is longer than its
// budget by one step at most. One thread.
#pragma once

#include <chrono>

#include "base/time.h"

namespace rollcall::agent::http {

class Budget {
public:
    using Clock = std::chrono::steady_clock;

    void begin(Duration length) { end_ = Clock::now() + length; }
    [[nodiscard]] bool left() const { return Clock::now() < end_; }

private:
    Clock::time_point end_{};
};

}  // namespace rollcall::agent::http
