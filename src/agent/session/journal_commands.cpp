// SPDX-License-Identifier: Apache-2.0
//
// Our own commands, beyond Serf's: what this agent knows about members, why it thinks so, its
// journal as a stream, and its timings.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/journal/journal.h"
#include "agent/session/commands.h"
#include "agent/session/member_reply.h"
#include "rpc/member_filter.h"

namespace rollcall::agent {

void run_member_details(const RpcCall& call) {
    const auto request = call.request<rpc::MembersFilteredRequest>();
    if (!request) return;
    if (const auto excess = MemberFilter::excess_of(*request)) return call.reply(*excess);
    auto compiled = MemberFilter::compile(*request);
    if (!compiled) return call.admission.refuse_broken("has a bad regular expression");
    const auto filter = std::make_shared<const MemberFilter>(*std::move(compiled));
    send_members(call, {.per_slice = call.client.limits.details_per_slice,
                        .append_head = &rpc::append_member_details_response_head,
                        .append = [filter](const MemberDetail& member, std::string& to) {
                            if (!filter->wants(member.record)) return false;
                            rpc::append(to, to_rpc(member, std::chrono::system_clock::now()));
                            return true;
                        }});
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

void run_tune(const RpcCall& call) {
    const auto request = call.request<rpc::TuneRequest>();
    if (!request) return;
    const auto answer = call.client.control.tune(request->request);
    if (!answer) return call.reply("the agent is shutting down");
    call.replies.send(call.seq, "", rpc::TuneResponse{.answer = *answer});
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
