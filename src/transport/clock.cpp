// SPDX-License-Identifier: Apache-2.0
#include "transport/clock.h"

#include <uv.h>

#include <chrono>
#include <ctime>

namespace rollcall::transport {

Time clock_now() {
#ifdef CLOCK_BOOTTIME
    timespec at{};
    if (clock_gettime(CLOCK_BOOTTIME, &at) == 0) {
        return Time{std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec}};
    }
#endif
    return Time{std::chrono::nanoseconds{uv_hrtime()}};
}

}  // namespace rollcall::transport
