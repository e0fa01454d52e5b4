// SPDX-License-Identifier: Apache-2.0
//
// The clock that measures work on the loop (base/time_budget.h). Not the protocol's: a suspended
// machine works on nothing, so its time does not count here.
#pragma once

#include <uv.h>

#include <chrono>

#include "base/time_budget.h"

namespace rollcall::transport {

class MeasuredClock final : public WorkClock {
public:
    [[nodiscard]] Time now() override { return Time{std::chrono::nanoseconds{uv_hrtime()}}; }
};

}  // namespace rollcall::transport
