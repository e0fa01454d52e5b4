// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/agent_metrics.h"

namespace rollcall::agent {
namespace {

using FileStats = FileWriter::Stats;
using RpcRow = MetricRow<RpcStats>;
using HandlerRow = MetricRow<HandlerStats>;
using FileRow = MetricRow<FileStats>;
template <auto Member>
constexpr auto kRpcNumber = &number_of<RpcStats, Member>;
template <auto Member>
constexpr auto kHandlerNumber = &number_of<HandlerStats, Member>;
template <auto Member>
constexpr auto kFileNumber = &number_of<FileStats, Member>;

// clang-format off
constexpr std::array kRpcRows{
    RpcRow{"rollcall_rpc_clients_accepted_total", "Control clients accepted.", "", "", kRpcNumber<&RpcStats::accepted>},
    RpcRow{"rollcall_rpc_clients_refused_total", "Control clients not served to the end, by cause.", "cause", "too_many", kRpcNumber<&RpcStats::refused>},
    RpcRow{"rollcall_rpc_clients_refused_total", "", "cause", "evicted", kRpcNumber<&RpcStats::evicted>},
    RpcRow{"rollcall_rpc_clients_refused_total", "", "cause", "timed_out", kRpcNumber<&RpcStats::timed_out>},
    RpcRow{"rollcall_rpc_commands_total", "Commands of control clients.", "", "", kRpcNumber<&RpcStats::commands>},
    RpcRow{"rollcall_rpc_bad_requests_total", "Requests of control clients that were refused, by cause.", "cause", "undecodable", kRpcNumber<&RpcStats::broken_requests>},
    RpcRow{"rollcall_rpc_bad_requests_total", "", "cause", "wrong_token", kRpcNumber<&RpcStats::bad_tokens>},
    RpcRow{"rollcall_rpc_records_sent_total", "Records sent to streams of control clients.", "", "", kRpcNumber<&RpcStats::records_sent>},
    RpcRow{"rollcall_rpc_records_dropped_total", "Records not sent because the client reads too slowly.", "", "", kRpcNumber<&RpcStats::records_dropped>},
};
constexpr std::array kHandlerRows{
    HandlerRow{"rollcall_scripts_total", "Event handlers started.", "", "", kHandlerNumber<&HandlerStats::run>},
    HandlerRow{"rollcall_scripts_failed_total", "Event handlers that did not end well, by how.", "how", "exit_code", kHandlerNumber<&HandlerStats::failed>},
    HandlerRow{"rollcall_scripts_failed_total", "", "how", "timed_out", kHandlerNumber<&HandlerStats::timed_out>},
    HandlerRow{"rollcall_scripts_failed_total", "", "how", "wrote_too_much", kHandlerNumber<&HandlerStats::overflowed>},
    HandlerRow{"rollcall_scripts_failed_total", "", "how", "not_started", kHandlerNumber<&HandlerStats::not_started>},
    HandlerRow{"rollcall_script_events_dropped_total", "Events dropped before their handlers ran, by cause.", "cause", "too_many", kHandlerNumber<&HandlerStats::dropped_full>},
    HandlerRow{"rollcall_script_events_dropped_total", "", "cause", "too_many_bytes", kHandlerNumber<&HandlerStats::dropped_bytes>},
    HandlerRow{"rollcall_script_events_dropped_total", "", "cause", "shutdown", kHandlerNumber<&HandlerStats::dropped_at_end>},
};
constexpr std::array kFileRows{
    FileRow{"rollcall_files_written_total", "Writes of the keyring and tags files.", "", "", kFileNumber<&FileStats::written>},
    FileRow{"rollcall_files_failed_total", "Such writes that failed.", "", "", kFileNumber<&FileStats::failed>},
    FileRow{"rollcall_files_refused_total", "Changes whose write was not waited for, as too many waited for a disk that does not respond.", "", "", kFileNumber<&FileStats::refused>},
};
// clang-format on

}  // namespace

void add_metrics(const RpcStats& stats, Families& families) {
    add_rows(kRpcRows, stats, families);
}

void add_metrics(const HandlerStats& stats, Families& families) {
    add_rows(kHandlerRows, stats, families);
}

void add_metrics(const FileWriter::Stats& stats, Families& families) {
    add_rows(kFileRows, stats, families);
}

void add_metrics(const std::array<std::size_t, kSeedStates>& seeds, Families& families) {
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        families.gauge("rollcall_seeds", "Seeds by their last result; see rollcall info.",
                       static_cast<double>(seeds[i]),
                       {{"state", to_string(static_cast<SeedState>(i))}});
    }
}

}  // namespace rollcall::agent
