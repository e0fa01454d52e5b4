// SPDX-License-Identifier: Apache-2.0
//
// A one-shot timer on a UvHandle.
#pragma once

#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "transport/uv_handle.h"

namespace rollcall::transport {

// Calls the member function Due of the timer's owner after `wait`, at once when that is not above 0
// (in the loop's next round). Good to a millisecond, rather later than earlier. One that runs
// already is restarted.
template <auto Due, class Owner>
void start_timer(const UvHandle<uv_timer_t, Owner>& timer, Duration wait) {
    // The loop's time is that of its last round, which may have been a long one.
    uv_update_time(timer.get()->loop);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    uv_timer_start(
        timer.get(),
        [](uv_timer_t* handle) {
            if (Owner* owner = UvHandle<uv_timer_t, Owner>::owner_of(handle)) (owner->*Due)();
        },
        static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)), 0);
}

}  // namespace rollcall::transport
