// SPDX-License-Identifier: Apache-2.0
//
// A timer of its owner that fires once: how every class on the loop waits for a deadline.
#pragma once

#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>

#include "base/check.h"
#include "base/time.h"
#include "transport/uv_handle.h"

namespace rollcall::transport {

template <class Owner>
class Timer {
public:
    // Before any other call but close(). libuv's uv_timer_init() cannot fail.
    void init(Owner& owner, uv_loop_t& loop) {
        ROLLCALL_CHECK(handle_.init(owner, [&](uv_timer_t* timer) {
            return uv_timer_init(&loop, timer);
        }) == 0);
    }
    // Calls the owner's member function Due after `wait`, in the loop's next round when that is not
    // above 0. Accurate to a millisecond, early or late. Replaces an earlier start().
    template <void (Owner::*Due)()>
    void start(Duration wait) const {
        // The loop's time is that of its last round, which may have been a long one.
        uv_update_time(handle_.get()->loop);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
        uv_timer_start(
            handle_.get(),
            [](uv_timer_t* timer) {
                if (Owner* owner = Handle::owner_of(timer)) (owner->*Due)();
            },
            static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)), 0);
    }
    void stop() const { uv_timer_stop(handle_.get()); }
    // It never fires after this; `closed` as in UvHandle::close().
    void close(const std::function<void()>& closed = {}) { handle_.close(closed); }
    // Between init() and close().
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(handle_); }

private:
    using Handle = UvHandle<uv_timer_t, Owner>;
    Handle handle_;
};

}  // namespace rollcall::transport
