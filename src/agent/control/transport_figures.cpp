// SPDX-License-Identifier: Apache-2.0
#include "agent/control/transport_figures.h"

#include <cstddef>
#include <string>

namespace rollcall::agent {

rpc::StringMap transport_figures(const transport::Stats& stats) {
    const transport::UdpStats& udp = stats.udp;
    const transport::TcpStats& tcp = stats.tcp;
    const auto text = [](std::uint64_t number) { return std::to_string(number); };
    rpc::StringMap figures{{"udp.received", text(udp.received)},
                           {"udp.received_bytes", text(udp.received_bytes)},
                           {"udp.receive_calls", text(udp.receive_calls)},
                           {"udp.sent", text(udp.sent)},
                           {"udp.sent_bytes", text(udp.sent_bytes)},
                           {"udp.send_full", text(udp.send_full)},
                           {"udp.send_no_route", text(udp.send_no_route)},
                           {"udp.send_failed", text(udp.send_failed)},
                           {"udp.last_send_error", text(udp.last_send_error)},
                           {"udp.unreachable", text(udp.unreachable)},
                           {"udp.icmp_ignored", text(udp.icmp_ignored)},
                           {"udp.errors_dropped", text(udp.errors_dropped)},
                           {"udp.receive_errors", text(udp.receive_errors)},
                           {"udp.receive_buffer", text(udp.receive_buffer)},
                           {"tcp.accepted", text(tcp.accepted)},
                           {"tcp.accept_refused", text(tcp.accept_refused)},
                           {"tcp.accept_failed", text(tcp.accept_failed)},
                           {"tcp.opened", text(tcp.opened)},
                           {"tcp.connected", text(tcp.connected)},
                           {"tcp.ended_finished", text(tcp.ended_finished)},
                           {"tcp.ended_reset", text(tcp.ended_reset)},
                           {"tcp.ended_refused", text(tcp.ended_refused)},
                           {"tcp.ended_timed_out", text(tcp.ended_timed_out)},
                           {"tcp.ended_local", text(tcp.ended_local)},
                           {"tcp.write_overflows", text(tcp.write_overflows)},
                           {"tcp.cut", text(tcp.cut)},
                           {"tcp.received_bytes", text(tcp.received_bytes)},
                           {"tcp.sent_bytes", text(tcp.sent_bytes)},
                           {"tcp.now_open", text(tcp.now_open)},
                           {"loop.deadlines", text(stats.loop.deadlines)},
                           {"loop.late_ns", text(stats.loop.late_ns)},
                           {"loop.deadlines_deferred", text(stats.loop.deadlines_deferred)},
                           {"loop.drains_cut", text(stats.loop.drains_cut)}};
    for (std::size_t i = 0; i < transport::kLateBounds.size(); ++i) {
        figures["loop.late_" + std::to_string(transport::kLateBounds[i].count()) + "ms"] =
            text(stats.loop.late[i]);
    }
    return figures;
}

}  // namespace rollcall::agent
