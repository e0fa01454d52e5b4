// SPDX-License-Identifier: Apache-2.0
#include "agent/signals.h"

#include <csignal>

namespace rollcall::agent {
namespace {

// SIGINT and SIGTERM end an agent that hangs while it starts; SIGCHLD does nothing by default.
bool ends_a_start(Duty duty) {
    return duty == Duty::leave || duty == Duty::stop || duty == Duty::reap;
}

void do_nothing(int) {}

void ignore(int number) {
    struct sigaction now {};
    if (sigaction(number, nullptr, &now) != 0) return;
    if ((now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_DFL) return;
    struct sigaction wanted {};
    sigemptyset(&wanted.sa_mask);
    // SIG_IGN outlives exec(), and libuv resets only 1 to 31 in a child. A handler does not; but a
    // terminal's SIGTTOU has to be ignored, since the write would be tried again for ever.
    constexpr int kLastClassic = 31;
    if (number > kLastClassic) {
        wanted.sa_handler = do_nothing;
        wanted.sa_flags = SA_RESTART;
    } else {
        wanted.sa_handler = SIG_IGN;
    }
    sigaction(number, &wanted, nullptr);
}

}  // namespace

void take_on_signals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const SignalDuty& each : kSignalDuties) {
        const bool later = is_watched(each.duty) && !ends_a_start(each.duty);
        if (each.duty == Duty::ignored || later) ignore(each.number);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) ignore(number);
}

}  // namespace rollcall::agent
