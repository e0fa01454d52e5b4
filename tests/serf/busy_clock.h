// SPDX-License-Identifier: Apache-2.0
//
// A clock of work for tests: whatever lies between two looks at it takes as long as set.
#pragma once

#include <chrono>

#include "base/time.h"
#include "base/time_budget.h"

namespace rollcall::serf {

class BusyClock final : public WorkClock {
public:
    [[nodiscard]] Time now() override { return time += step; }
    Time time{std::chrono::seconds{1000}};
    Duration step{};
};

}  // namespace rollcall::serf
