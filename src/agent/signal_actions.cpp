// SPDX-License-Identifier: Apache-2.0
#include "agent/signal_actions.h"

#include <string>
#include <string_view>

#include "agent/signals.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kSignalComponent = "agent";

}  // namespace

void SignalActions::begin() {
    leave_timer_.init(*this, parts_.loop);
}

void SignalActions::handle(int number) {
    const Duty duty = duty_of(number);
    if (duty == Duty::reap) return parts_.reap();
    if (closed_) return;
    switch (duty) {
        case Duty::leave:
            return end(number, !parts_.settings.skip_leave_on_interrupt);
        case Duty::stop:
            return end(number, parts_.settings.leave_on_terminate);
        case Duty::reload:
            return reload();
        case Duty::report:
            return parts_.report();
        case Duty::remark:
            return parts_.log.write(Level::info, kSignalComponent, "signal",
                                    "signal " + std::to_string(number) + " has no effect",
                                    {{"signal", number}});
        case Duty::cpu_limit:
            if (!cpu_limit_.pass(transport::clock_now())) return;
            return parts_.log.write(
                Level::warn, kSignalComponent, "cpu-limit",
                "soft limit of CPU time reached (ulimit -S -t); the system kills the process at "
                "the hard limit",
                {{"signal", number}});
        case Duty::reap:
        case Duty::ignored:
        case Duty::left_alone:
            return;
    }
}

void SignalActions::end(int number, bool leaves) {
    if (!leaving_ && leaves) {
        leaving_ = true;
        parts_.log.write(Level::info, kSignalComponent, "signal", "leaving gracefully",
                         {{"signal", number}});
        leave_timer_.start<&SignalActions::leave_took_too_long>(parts_.leave_limit);
        return parts_.leave();
    }
    parts_.log.write(Level::info, kSignalComponent, "signal",
                     leaving_ ? "second signal: stopping at once" : "stopping without leaving",
                     {{"signal", number}});
    parts_.stop(1);
}

void SignalActions::reload() {
    parts_.log.reopen([this](const std::optional<std::string>& error) { log_reopened(error); });
    parts_.reload();
}

void SignalActions::log_reopened(const std::optional<std::string>& error) {
    if (error) {
        parts_.log.write_everywhere(Level::err, kSignalComponent, "log-reopened",
                                    *error + "; the old file stays in use");
    } else {
        parts_.log.write(
            Level::info, kSignalComponent, "log-reopened",
            parts_.settings.log_file.empty() ? "no log file to reopen" : "log file reopened");
    }
}

void SignalActions::leave_took_too_long() {
    parts_.log.write(Level::warn, kSignalComponent, "leave-timed-out",
                     "the leave was not broadcast in time");
    parts_.stop(1);
}

void SignalActions::close(const std::function<void()>& closed) {
    closed_ = true;
    leave_timer_.close(closed);
}

}  // namespace rollcall::agent
