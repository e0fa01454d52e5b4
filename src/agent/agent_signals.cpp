// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent when a signal comes: what the table of agent/signals.h says is done here.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "agent/orphans.h"
#include "agent/running_agent.h"
#include "base/natural_order.h"
#include "transport/clock.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {
namespace {

constexpr Duration kLeaveLimit = std::chrono::seconds{3};  // of a leave that a signal asked for
constexpr std::string_view kSignalComponent = "agent";

}  // namespace

std::optional<std::string> RunningAgent::watch_signals() {
    int error =
        leave_limit_.init(*this, [&](uv_timer_t* timer) { return uv_timer_init(&loop_, timer); });
    auto signal = signals_.begin();
    for (const SignalDuty& each : kSignalDuties) {
        if (!is_watched(each.duty) || error != 0) continue;
        error = signal->init(*this,
                             [&](uv_signal_t* handle) { return uv_signal_init(&loop_, handle); });
        if (error != 0) break;
        error = uv_signal_start(
            signal->get(),
            [](uv_signal_t* handle, int number) {
                if (RunningAgent* owner = Signal::owner_of(handle)) owner->signal_arrived(number);
            },
            each.number);
        ++signal;
    }
    if (error != 0) return std::string{"signals: "} + uv_strerror(error);
    reap();  // what ended before
    return {};
}

void RunningAgent::signal_arrived(int number) {
    const Duty duty = duty_of(number);
    if (duty == Duty::reap) return reap();
    if (stopping_) return;
    switch (duty) {
        case Duty::leave:
        case Duty::stop: {
            const bool leaves = duty == Duty::leave ? !settings_.skip_leave_on_interrupt
                                                    : settings_.leave_on_terminate;
            if (!interrupted_ && leaves) return leave_for(number);
            log_->write(
                Level::info, kSignalComponent, "signal",
                interrupted_ ? "second signal: stopping at once" : "stopping without leaving",
                {{"signal", number}});
            return stop(1);
        }
        case Duty::reload: {
            const auto error = log_->reopen();
            const char* done = settings_.log_file.empty() ? "there is no log file to open anew"
                                                          : "log file reopened";
            if (error) {
                log_->write_everywhere(Level::err, kSignalComponent, "log-reopened",
                                       *error + "; the old file stays in use");
            } else {
                log_->write(Level::info, kSignalComponent, "log-reopened", done);
            }
            return reload();
        }
        case Duty::report:
            return report();
        case Duty::remark:
            return log_->write(Level::info, kSignalComponent, "signal",
                               "signal " + std::to_string(number) + " does nothing here",
                               {{"signal", number}});
        case Duty::cpu_limit:
            if (!cpu_limit_.pass(transport::clock_now())) return;
            return log_->write(Level::warn, kSignalComponent, "cpu-limit",
                               "this process has used the CPU time of its soft limit (ulimit -S "
                               "-t); the system kills it at the hard one",
                               {{"signal", number}});
        case Duty::reap:
        case Duty::ignored:
        case Duty::left_alone:
            return;
    }
}

// Asked for, so it is written whatever level is printed.
void RunningAgent::report() {
    const Level level = std::max(Level::info, settings_.log_level);
    for (const auto& [section, figures] : stats()) {
        for (const auto& [key, value] : in_natural_order(figures)) {
            std::string text = section + ": ";
            text += key;
            text += " = ";
            text += value;
            log_->write(level, kSignalComponent, "figure", text,
                        {{"section", section}, {"key", key}, {"value", value}});
        }
    }
}

void RunningAgent::reap() {
    if (!reaps_) return;
    reaped_ += reap_orphans([this](pid_t pid) { return handlers_->waits_for(pid); });
}

void RunningAgent::leave_for(int signal) {
    interrupted_ = true;
    log_->write(Level::info, kSignalComponent, "signal", "leaving gracefully",
                {{"signal", signal}});
    transport::start_timer<&RunningAgent::leave_took_too_long>(leave_limit_, kLeaveLimit);
    // Refused when a client asked for it already: its end is ours as well.
    driver_->command([](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        static_cast<void>(core.leave(now, out));
    });
}

void RunningAgent::leave_took_too_long() {
    log_->write(Level::warn, kSignalComponent, "leave-timed-out",
                "the cluster was not told in time that we leave");
    stop(1);
}

void RunningAgent::finish_leave() {
    stop(0);
}

}  // namespace rollcall::agent
