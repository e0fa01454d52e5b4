// SPDX-License-Identifier: Apache-2.0
//
// Calls back after the loop has polled its sockets once more, without waiting for any of them.
// libuv runs timers before it polls; this lets a caller see pending input first. A request from
// inside the callback is for the next round. One thread.
#pragma once

#include <functional>

#include "transport/uv_handle.h"

namespace rollcall::transport {

class AfterPoll {
public:
    // A libuv error, or 0.
    [[nodiscard]] int init(uv_loop_t& loop, std::function<void()> polled);
    void request();
    [[nodiscard]] bool is_requested() const { return requested_; }
    void close(const std::function<void()>& closed);

private:
    void polled();

    // An idle handle makes the poll return at once; the check handle runs right after it.
    UvHandle<uv_idle_t, AfterPoll> idle_;
    UvHandle<uv_check_t, AfterPoll> check_;
    std::function<void()> polled_;
    bool requested_ = false;
};

}  // namespace rollcall::transport
