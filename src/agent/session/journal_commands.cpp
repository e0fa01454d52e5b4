// SPDX-License-Identifier: Apache-2.0
//
// Our own commands, beyond Serf's: what this agent knows about members, why it thinks so, and its
// journal as a stream.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/journal/journal.h"
#include "agent/session/commands.h"
#include "rpc/member_filter.h"

namespace rollcall::agent {

// A member that goes while the list is written is in it as it was at its begin.
void run_member_details(const RpcCall& call) {
    const auto request = call.request<rpc::MembersFilteredRequest>();
    if (!request) return;
    const auto filter = MemberFilter::compile(*request);
    if (!filter) return call.admission.refuse_broken("has a bad regular expression");
    auto members = call.client.control.members();
    std::erase_if(members, [&](const serf::MemberRecord& m) { return !filter->wants(m); });
    std::string head;
    rpc::append_member_details_response_head(head, static_cast<std::uint32_t>(members.size()));
    call.replies.send_in_slices(
        call.seq, head,
        [&control = call.client.control, members = std::move(members),
         slice = call.client.limits.members_per_slice,
         at = std::size_t{0}](std::string& to) mutable {
            const std::size_t end = std::min(members.size(), at + slice);
            const auto now = std::chrono::system_clock::now();
            for (; at < end; ++at) {
                const auto detail = control.detail_of(members[at].name);
                rpc::append(to, detail ? to_rpc(*detail, now)
                                       : rpc::MemberDetails{.member = to_rpc(members[at]),
                                                            .time = microseconds_of(now)});
            }
            return at == members.size();
        });
}

void run_why(const RpcCall& call) {
    const auto request = call.request<rpc::WhyRequest>();
    if (!request) return;
    Control& control = call.client.control;
    const auto now = std::chrono::system_clock::now();
    rpc::WhyResponse response{.time = microseconds_of(now)};
    if (const auto detail = control.detail_of(request->node)) {
        response.known = true;
        response.member = to_rpc(*detail, now);
    }
    for (const Journal::Record& record : control.journal().history_of(request->node)) {
        response.records.push_back(record->json);
    }
    call.replies.send(call.seq, "", response);
}

void run_journal(const RpcCall& call) {
    auto request = call.request<rpc::JournalRequest>();
    if (!request) return;
    const std::string level = request->log_level.empty() ? "info" : request->log_level;
    const auto least = parse_level(level);
    if (!least) return call.reply("Unknown log level: " + upper_case(level));
    if (call.subscriptions.has_journal()) return call.reply("Journal already exists");
    call.reply();
    call.subscriptions.start_journal(call.seq, {.since = request->since,
                                                .last = request->last,
                                                .level = *least,
                                                .member = std::move(request->member)});
}

}  // namespace rollcall::agent
