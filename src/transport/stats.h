// SPDX-License-Identifier: Apache-2.0
//
// Plain counters of one driver since it was opened. Everything dropped below the core is counted
// here by cause; the core counts its own drops (membership/stats.h).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace rollcall::transport {

struct UdpStats {
    std::uint64_t received = 0, received_bytes = 0;
    std::uint64_t receive_calls = 0;  // batches: received / receive_calls is the batch size
    std::uint64_t sent = 0, sent_bytes = 0;
    std::uint64_t send_full = 0;        // no room in the socket: dropped, reported as `local`
    std::uint64_t send_no_route = 0;    // no route, or no address of that family: `no_route`
    std::uint64_t send_failed = 0;      // refused by this host: not permitted, too large
    std::uint64_t last_send_error = 0;  // of the three, errno
    std::uint64_t unreachable = 0;      // "port unreachable" came back
    std::uint64_t icmp_ignored =
        0;  // other ICMP errors: they prove nothing about the peer's process
    std::uint64_t errors_dropped = 0;  // more than were reported to the core
    std::uint64_t receive_errors = 0;
    std::uint64_t receive_buffer = 0;  // bytes the kernel granted, as it counts them
};

struct TcpStats {
    std::uint64_t accepted = 0;
    std::uint64_t accept_refused = 0;  // over max_accepted: closed at once, not reported
    std::uint64_t accept_failed = 0;   // the system refused, e.g. no descriptors
    std::uint64_t opened = 0;          // requested by the core
    std::uint64_t connected = 0;
    std::uint64_t ended_finished = 0, ended_reset = 0, ended_refused = 0, ended_timed_out = 0,
                  ended_local = 0;      // reported to the core, by StreamEnd
    std::uint64_t write_overflows = 0;  // a peer that does not read: over max_write_queue
    std::uint64_t cut = 0;              // closed by the core, but the peer read too slowly
    std::uint64_t received_bytes = 0, sent_bytes = 0;
    std::uint64_t now_open = 0;  // open descriptors, including closing streams
};

// By how much a deadline may be late before it is counted. Timers of the loop are good to 1 ms.
inline constexpr std::array<std::chrono::milliseconds, 8> kLateBounds{
    std::chrono::milliseconds{1},   std::chrono::milliseconds{2},   std::chrono::milliseconds{5},
    std::chrono::milliseconds{10},  std::chrono::milliseconds{20},  std::chrono::milliseconds{50},
    std::chrono::milliseconds{100}, std::chrono::milliseconds{1000}};

struct LoopStats {
    std::uint64_t deadlines = 0;                           // handle_timeout calls
    std::array<std::uint64_t, kLateBounds.size()> late{};  // of them, later than each bound
    std::uint64_t late_ns = 0;                             // in all, by which they were late
    std::uint64_t deadlines_deferred =
        0;                         // of them, those that waited for more than one read round
    std::uint64_t drains_cut = 0;  // of them, those fired with input still pending (the bound)
};

struct Stats {
    UdpStats udp;
    TcpStats tcp;
    LoopStats loop;
};

}  // namespace rollcall::transport
