// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>

#include "agent/metrics/core_metrics.h"

namespace rollcall::agent {
namespace {

using transport::LoopStats;
using transport::TcpStats;
using transport::UdpStats;
using UdpRow = MetricRow<UdpStats>;
using TcpRow = MetricRow<TcpStats>;
using LoopRow = MetricRow<LoopStats>;
template <auto Member>
constexpr auto kUdpNumber = &number_of<UdpStats, Member>;
template <auto Member>
constexpr auto kTcpNumber = &number_of<TcpStats, Member>;
template <auto Member>
constexpr auto kLoopNumber = &number_of<LoopStats, Member>;

// clang-format off
constexpr std::array kUdpRows{
    UdpRow{"rollcall_udp_received_total", "Datagrams read from the socket.", "", "", kUdpNumber<&UdpStats::received>},
    UdpRow{"rollcall_udp_received_bytes_total", "Bytes of these datagrams.", "", "", kUdpNumber<&UdpStats::received_bytes>},
    UdpRow{"rollcall_udp_receive_calls_total", "Batches in which they were read.", "", "", kUdpNumber<&UdpStats::receive_calls>},
    UdpRow{"rollcall_udp_sent_total", "Datagrams given to the kernel.", "", "", kUdpNumber<&UdpStats::sent>},
    UdpRow{"rollcall_udp_sent_bytes_total", "Bytes of these datagrams.", "", "", kUdpNumber<&UdpStats::sent_bytes>},
    UdpRow{"rollcall_udp_send_failures_total", "Datagrams that the kernel did not take, by cause.", "cause", "socket_full", kUdpNumber<&UdpStats::send_full>},
    UdpRow{"rollcall_udp_send_failures_total", "", "cause", "no_route", kUdpNumber<&UdpStats::send_no_route>},
    UdpRow{"rollcall_udp_send_failures_total", "", "cause", "refused_by_host", kUdpNumber<&UdpStats::send_failed>},
    UdpRow{"rollcall_udp_last_send_error", "System error number of the last of these failures; 0 for none.", "", "", kUdpNumber<&UdpStats::last_send_error>},
    UdpRow{"rollcall_udp_icmp_errors_total", "ICMP errors received for sent datagrams, by kind.", "kind", "port_unreachable", kUdpNumber<&UdpStats::unreachable>},
    UdpRow{"rollcall_udp_icmp_errors_total", "", "kind", "other", kUdpNumber<&UdpStats::icmp_ignored>},
    UdpRow{"rollcall_udp_errors_dropped_total", "Send errors that were not passed to the protocol because there were too many.", "", "", kUdpNumber<&UdpStats::errors_dropped>},
    UdpRow{"rollcall_udp_receive_errors_total", "Errors of the kernel when reading.", "", "", kUdpNumber<&UdpStats::receive_errors>},
    UdpRow{"rollcall_udp_receive_buffer_bytes", "Size of the socket's receive buffer, as the kernel counts it.", "", "", kUdpNumber<&UdpStats::receive_buffer>},
};
constexpr std::array kTcpRows{
    TcpRow{"rollcall_tcp_accepted_total", "Connections accepted from peers.", "", "", kTcpNumber<&TcpStats::accepted>},
    TcpRow{"rollcall_tcp_accept_failures_total", "Connections of peers that were closed at once or not accepted, by cause.", "cause", "too_many", kTcpNumber<&TcpStats::accept_refused>},
    TcpRow{"rollcall_tcp_accept_failures_total", "", "cause", "system", kTcpNumber<&TcpStats::accept_failed>},
    TcpRow{"rollcall_tcp_opened_total", "Connections to peers begun.", "", "", kTcpNumber<&TcpStats::opened>},
    TcpRow{"rollcall_tcp_connected_total", "Connections to peers that were established.", "", "", kTcpNumber<&TcpStats::connected>},
    TcpRow{"rollcall_tcp_ended_total", "Connections ended other than by this agent, by how.", "how", "finished", kTcpNumber<&TcpStats::ended_finished>},
    TcpRow{"rollcall_tcp_ended_total", "", "how", "reset", kTcpNumber<&TcpStats::ended_reset>},
    TcpRow{"rollcall_tcp_ended_total", "", "how", "refused", kTcpNumber<&TcpStats::ended_refused>},
    TcpRow{"rollcall_tcp_ended_total", "", "how", "timed_out", kTcpNumber<&TcpStats::ended_timed_out>},
    TcpRow{"rollcall_tcp_ended_total", "", "how", "local", kTcpNumber<&TcpStats::ended_local>},
    TcpRow{"rollcall_tcp_slow_peers_total", "Connections closed because the peer read too slowly, by when.", "when", "writing", kTcpNumber<&TcpStats::write_overflows>},
    TcpRow{"rollcall_tcp_slow_peers_total", "", "when", "closing", kTcpNumber<&TcpStats::cut>},
    TcpRow{"rollcall_tcp_received_bytes_total", "Bytes read from connections.", "", "", kTcpNumber<&TcpStats::received_bytes>},
    TcpRow{"rollcall_tcp_sent_bytes_total", "Bytes written to connections.", "", "", kTcpNumber<&TcpStats::sent_bytes>},
    TcpRow{"rollcall_tcp_open", "Open connections, closing ones included.", "", "", kTcpNumber<&TcpStats::now_open>},
};
constexpr std::array kLoopRows{
    LoopRow{"rollcall_deadlines_deferred_total", "Deadlines of the protocol that waited for more than one round of reading.", "", "", kLoopNumber<&LoopStats::deadlines_deferred>},
    LoopRow{"rollcall_deadlines_cut_total", "Deadlines served while input was still pending, because it did not end.", "", "", kLoopNumber<&LoopStats::drains_cut>},
};
// clang-format on

// The driver counts deadlines later than each bound; a histogram those not later.
void add_lateness(const LoopStats& stats, Families& families) {
    DurationCounts<transport::kLateBounds.size()> counts{.total_ns = stats.late_ns};
    std::uint64_t later = stats.deadlines;
    auto* count = counts.counts.begin();
    for (const std::uint64_t late : stats.late) {
        *count++ = later - late;
        later = late;
    }
    counts.counts.back() = later;
    families.histogram("rollcall_deadline_lateness_seconds",
                       "How late the protocol's deadlines were served.", counts,
                       transport::kLateBounds);
}

}  // namespace

void add_metrics(const transport::Stats& stats, Families& families) {
    add_rows(kUdpRows, stats.udp, families);
    add_rows(kTcpRows, stats.tcp, families);
    add_lateness(stats.loop, families);
    add_rows(kLoopRows, stats.loop, families);
}

}  // namespace rollcall::agent
