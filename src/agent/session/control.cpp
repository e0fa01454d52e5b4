// SPDX-License-Identifier: Apache-2.0
#include "agent/session/control.h"

namespace rollcall::agent {

rpc::Member to_rpc(const serf::MemberRecord& record) {
    return {.name = record.name,
            .addr = record.address,
            .port = record.port,
            .tags = record.tags,
            .status = std::string{to_string(record.status)},
            .protocol_min = record.versions.pmin,
            .protocol_max = record.versions.pmax,
            .protocol_cur = record.versions.pcur,
            .delegate_min = record.versions.dmin,
            .delegate_max = record.versions.dmax,
            .delegate_cur = record.versions.dcur};
}

std::int64_t microseconds_of(std::chrono::system_clock::time_point time) {
    return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

rpc::MemberDetails to_rpc(const MemberDetail& detail, std::chrono::system_clock::time_point now) {
    const auto nanoseconds = [](const std::optional<Duration>& duration) {
        return duration ? std::int64_t{duration->count()} : -1;
    };
    return {.member = to_rpc(detail.record),
            .time = microseconds_of(now),
            .state = std::string{detail.state},
            .state_age = detail.since.count(),
            .by = detail.by,
            .incarnation = detail.incarnation.value(),
            .ack_age = nanoseconds(detail.acked),
            .rtt = nanoseconds(detail.rtt)};
}

rpc::KeysResponse to_rpc(const serf::KeyCommandFinished& result) {
    rpc::KeysResponse response{
        .num_nodes = result.nodes, .num_err = result.failures(), .num_resp = result.answers.size()};
    for (const serf::KeyAnswer& answer : result.answers) {
        if (answer.ok && answer.message.empty()) continue;
        response.messages.insert_or_assign(answer.node, answer.message);
    }
    if (result.command == serf::KeyCommand::list) {
        const auto counts = result.key_counts();
        response.keys.emplace(counts.begin(), counts.end());
    }
    return response;
}

rpc::KeyTableResponse to_rpc_table(const serf::KeyCommandFinished& result) {
    rpc::KeyTableResponse table{.num_nodes = result.nodes};
    for (const serf::KeyAnswer& answer : result.answers) {
        table.nodes.push_back({.node = answer.node,
                               .result = answer.ok,
                               .message = answer.message,
                               .keys = answer.keys,
                               .primary = answer.primary});
    }
    return table;
}

rpc::Payload to_payload(Bytes bytes) {
    if (bytes.empty()) return {};
    return rpc::Payload{std::in_place, bytes.begin(), bytes.end()};
}

}  // namespace rollcall::agent
