// SPDX-License-Identifier: Apache-2.0
//
// The loop's handles for the watched signals of the table in agent/signals.h. Passes on their
// numbers without interpreting them. The loop's thread.
#pragma once

#include <uv.h>

#include <array>
#include <functional>
#include <utility>

#include "agent/shutdown.h"
#include "agent/signals.h"
#include "transport/uv_handle.h"

namespace rollcall::agent {

class SignalWatch {
public:
    SignalWatch(uv_loop_t& loop, std::function<void(int number)> arrived)
        : loop_{loop}, arrived_{std::move(arrived)} {}

    [[nodiscard]] int begin();  // a libuv error, or 0
    // Closed last: a signal must not kill a process during its orderly shutdown.
    void close_last(Shutdown& shutdown);

private:
    using Signal = transport::UvHandle<uv_signal_t, SignalWatch>;

    uv_loop_t& loop_;
    std::function<void(int)> arrived_;
    std::array<Signal, kWatchedSignals> signals_;
};

}  // namespace rollcall::agent
