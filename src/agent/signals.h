// SPDX-License-Identifier: Apache-2.0
//
// The table of what the agent does on each signal whose default ends or stops the process
// (signal(7)). An agent killed by a stray signal is a failure that all its peers have to detect.
// Sets dispositions only; agent/signal_actions.h acts on watched signals. Scripts get the system's
// defaults back: libuv resets 1 to 31 in a child, and real-time signals have a handler here, which
// exec() removes.
#pragma once

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>

namespace rollcall::agent {

enum class Duty : std::uint8_t {
    // Watched: a handler of the loop runs.
    leave,      // leaves gracefully
    stop,       // stops; the other members see a failure
    reload,     // reopens the log file and reads the configuration again
    report,     // writes the figures of `rollcall info` to the log
    remark,     // logs the signal
    cpu_limit,  // warns: the hard limit kills
    reap,       // reaps children that no other part waits for
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
    SignalDuty{SIGPIPE, Duty::ignored},     // a write to a closed pipe or socket returns an error
    SignalDuty{SIGXFSZ, Duty::ignored},     // likewise: EFBIG, handled as a full disk
    SignalDuty{SIGALRM, Duty::ignored},     // timers that the agent never sets
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
    SignalDuty{SIGTSTP, Duty::left_alone},  // Ctrl-Z; the log event `paused` follows
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

// Applies the table to this process: unblocks all signals and ignores those to be ignored, unless
// something else in the process handles them (a profiler, a sanitizer). Watched signals that must
// not kill a starting or an ending agent are ignored while the loop does not watch them. Call
// before threads are started.
void install_signal_duties();

}  // namespace rollcall::agent
