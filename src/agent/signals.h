// SPDX-License-Identifier: Apache-2.0
//
// What each signal means to the agent: the one table of all those whose default would end or stop
// the process (signal(7)). An agent that dies of a stray signal is a failure that all its peers
// have to detect, so each of them is decided here. Sets dispositions; what a watched signal does
// is done elsewhere (agent/signal_actions.h). Scripts get the system's defaults back: libuv resets
// 1 to 31 in a child, and real-time signals have a handler here, which exec() takes away.
#pragma once

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>

namespace rollcall::agent {

enum class Duty : std::uint8_t {
    // Watched: a handler of the loop's runs.
    leave,      // leaves gracefully
    stop,       // stops; the others see a failure
    reload,     // reopens the log file and reads the configuration again
    report,     // writes the figures of `rollcall info` to the log
    remark,     // says in the log that it came
    cpu_limit,  // warns: the hard limit kills
    reap,       // takes the exit status of children that nobody else waits for
    // Not watched.
    ignored,
    left_alone,  // the system's default is right: it dumps core, stops, or cannot be changed
};

struct SignalDuty {
    int number;
    Duty duty;
};

// Real-time signals, SIGRTMIN to SIGRTMAX, are ignored too: their numbers are known at run time
// only.
inline constexpr std::array kSignalDuties{
    SignalDuty{SIGINT, Duty::leave},
    SignalDuty{SIGTERM, Duty::stop},
    SignalDuty{SIGPWR, Duty::stop},  // how LXC halts a container
    SignalDuty{SIGHUP, Duty::reload},
    SignalDuty{SIGUSR1, Duty::report},  // as Serf's telemetry
    SignalDuty{SIGUSR2, Duty::remark},
    SignalDuty{SIGXCPU, Duty::cpu_limit},
    SignalDuty{SIGCHLD, Duty::reap},
    SignalDuty{SIGPIPE, Duty::ignored},     // a peer or reader that went away is an error to handle
    SignalDuty{SIGXFSZ, Duty::ignored},     // likewise, EFBIG of a write: as a full disk
    SignalDuty{SIGALRM, Duty::ignored},     // timers that nobody here sets
    SignalDuty{SIGVTALRM, Duty::ignored},   //
    SignalDuty{SIGPROF, Duty::ignored},     //
    SignalDuty{SIGIO, Duty::ignored},       // also called SIGPOLL
    SignalDuty{SIGSTKFLT, Duty::ignored},   // no kernel sends it
    SignalDuty{SIGTTIN, Duty::ignored},     // a background job that reads its terminal gets EIO,
    SignalDuty{SIGTTOU, Duty::ignored},     // and one that writes a log line there may
    SignalDuty{SIGQUIT, Duty::left_alone},  // an operator wants a core dump
    SignalDuty{SIGABRT, Duty::left_alone},  // a broken invariant; a core dump shows which
    SignalDuty{SIGBUS, Duty::left_alone},   // faults of the program, likewise
    SignalDuty{SIGFPE, Duty::left_alone},
    SignalDuty{SIGILL, Duty::left_alone},
    SignalDuty{SIGSEGV, Duty::left_alone},
    SignalDuty{SIGSYS, Duty::left_alone},
    SignalDuty{SIGTRAP, Duty::left_alone},
    SignalDuty{SIGTSTP, Duty::left_alone},  // Ctrl-Z is meant; `paused` tells of it afterwards
    SignalDuty{SIGSTOP, Duty::left_alone},  // cannot be changed
    SignalDuty{SIGKILL, Duty::left_alone},  // likewise
};

constexpr bool is_watched(Duty duty) {
    return duty < Duty::ignored;
}

constexpr Duty duty_of(int number) {
    for (const SignalDuty& each : kSignalDuties) {
        if (each.number == number) return each.duty;
    }
    return Duty::ignored;
}

inline constexpr std::size_t kWatchedSignals = [] {
    std::size_t count = 0;
    for (const SignalDuty& each : kSignalDuties) count += is_watched(each.duty) ? 1 : 0;
    return count;
}();

// Puts the table into force for this process: signals that a parent had blocked arrive, and those
// that are to be ignored are, unless something else in the process handles them already (a
// profiler, a sanitizer). Watched ones that must not kill an agent that still starts, or one that
// ends, are ignored while the loop does not watch them. Before threads are started.
void take_on_signals();

}  // namespace rollcall::agent
