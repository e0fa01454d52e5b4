// SPDX-License-Identifier: Apache-2.0
#include "agent/signals.h"

#include <csignal>

namespace rollcall::agent {
namespace {

// SIGINT and SIGTERM end an agent that hangs during its start; SIGCHLD does nothing by default.
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
    // SIG_IGN survives exec(), and libuv resets only 1 to 31 in a child; a handler does not. But
    // SIGTTOU must be SIG_IGN: with a handler the write would be retried indefinitely.
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

void install_signal_duties() {
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
