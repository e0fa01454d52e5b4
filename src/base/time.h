// SPDX-License-Identifier: Apache-2.0
//
// The time of the protocol. It has no now(): every call passes the time to the core. The driver
// takes it from a monotonic clock, the simulator from its event queue.
#pragma once

#include <chrono>

namespace rollcall {

struct ProtocolClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<ProtocolClock>;
    static constexpr bool is_steady = true;
};
using Time = ProtocolClock::time_point;
using Duration = ProtocolClock::duration;

}  // namespace rollcall
