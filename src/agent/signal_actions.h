// SPDX-License-Identifier: Apache-2.0
//
// What an agent does when a signal arrives, by the table in agent/signals.h. Decides between
// leaving and stopping, and limits the time of a leave that a signal asked for; the rest is done by
// the functions in Parts. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "agent/config/config.h"
#include "agent/log/logging.h"
#include "base/time.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class SignalActions {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        const Settings& settings;  // a reload may change them
        std::function<void()> leave;
        std::function<void(int exit_code)> stop;  // without leaving
        std::function<void()> reload;             // called after the log file is reopened
        std::function<void()> report;
        std::function<void()> reap;
        Duration leave_limit = std::chrono::seconds{3};
    };
    explicit SignalActions(Parts parts) : parts_{std::move(parts)} {}

    void begin();
    void handle(int number);
    // The agent is shutting down: signals are ignored from now on, except that children are still
    // reaped.
    void close(const std::function<void()>& closed);

private:
    void end(int number, bool leaves);
    void reload();
    void log_reopened(const std::optional<std::string>& error);
    void leave_took_too_long();

    Parts parts_;
    transport::Timer<SignalActions> leave_timer_;
    LineGate cpu_limit_{std::chrono::minutes{1}};
    bool leaving_ = false;  // because of a signal
    bool closed_ = false;
};

}  // namespace rollcall::agent
