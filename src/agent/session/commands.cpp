// SPDX-License-Identifier: Apache-2.0
#include "agent/session/commands.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "agent/session/member_reply.h"
#include "agent/session/request_log.h"
#include "rpc/member_filter.h"
#include "rpc/rtt.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kRpcComponent = "rpc";

void run_handshake(const RpcCall& call) {
    const auto request = call.request<rpc::HandshakeRequest>();
    if (!request) return;
    if (request->version != rpc::kVersion) return call.reply("Unsupported IPC version");
    if (call.admission.has_shaken_hands()) return call.reply("Handshake already performed");
    call.admission.shake_hands(request->version);
    call.reply();
}

void run_auth(const RpcCall& call) {
    const auto request = call.request<rpc::AuthRequest>();
    if (!request) return;
    if (call.admission.authenticate(request->auth_key)) return call.reply();
    call.client.refuse_token(
        call.replies.later([&replies = call.replies, &admission = call.admission, seq = call.seq] {
            replies.send(seq, "Invalid authentication token");
            admission.refused();
        }));
}

void run_members(const RpcCall& call) {
    send_members(call, {.per_slice = call.client.limits.members_per_slice,
                        .append_head = &rpc::append_members_response_head,
                        .append = [](const MemberDetail& member, std::string& to) {
                            rpc::append(to, to_rpc(member.record));
                            return true;
                        }});
}

void run_members_filtered(const RpcCall& call) {
    const auto request = call.request<rpc::MembersFilteredRequest>();
    if (!request) return;
    if (const auto excess = MemberFilter::excess_of(*request)) return call.reply(*excess);
    auto compiled = MemberFilter::compile(*request);
    if (!compiled) return call.admission.refuse_broken("has a bad regular expression");
    const auto filter = std::make_shared<const MemberFilter>(*std::move(compiled));
    send_members(call, {.per_slice = call.client.limits.members_per_slice,
                        .append_head = &rpc::append_members_response_head,
                        .append = [filter](const MemberDetail& member, std::string& to) {
                            if (!filter->wants(member.record)) return false;
                            rpc::append(to, to_rpc(member.record));
                            return true;
                        }});
}

void run_join(const RpcCall& call) {
    auto request = call.request<rpc::JoinRequest>();
    if (!request) return;
    call.client.control.join(
        std::move(request->existing), request->replay,
        call.replies.later([&replies = call.replies, seq = call.seq](unsigned contacted,
                                                                     const std::string& error) {
            replies.send(seq, error,
                         rpc::JoinResponse{.num = static_cast<std::int32_t>(contacted)});
        }));
}

void run_leave(const RpcCall& call) {
    log_leave_request({call.client.log, kRpcComponent, call.client.peer});
    call.client.control.leave(call.replies.error_later(call.seq));
}

void run_force_leave(const RpcCall& call) {
    auto request = call.request<rpc::ForceLeaveRequest>();
    if (!request) return;
    log_force_leave_request({call.client.log, kRpcComponent, call.client.peer}, request->node,
                            request->prune);
    call.client.control.force_leave(std::move(request->node), request->prune,
                                    call.replies.error_later(call.seq));
}

void run_stats(const RpcCall& call) {
    call.replies.send(call.seq, "", call.client.control.stats());
}

void run_get_coordinate(const RpcCall& call) {
    const auto request = call.request<rpc::GetCoordinateRequest>();
    if (!request) return;
    const auto found = call.client.control.coordinate_of(request->node);
    rpc::GetCoordinateResponse response;  // clients of Serf read it even after an error
    if (found && *found) response = {.coord = to_rpc(**found), .ok = true};
    call.replies.send(call.seq, found ? "" : found.error(), response);
}

void run_tags(const RpcCall& call) {
    auto request = call.request<rpc::TagsRequest>();
    if (!request) return;
    serf::Tags tags = call.client.control.tags();
    for (const std::string& key : request->delete_tags) tags.erase(key);
    for (auto& [key, value] : request->tags) tags.insert_or_assign(key, std::move(value));
    call.client.control.set_tags(std::move(tags), call.replies.error_later(call.seq));
}

void run_stream(const RpcCall& call) {
    const auto request = call.request<rpc::StreamRequest>();
    if (!request) return;
    auto filter = EventFilter::parse(request->type);
    if (!filter) return call.reply("Invalid event filter");
    call.reply(call.subscriptions.add_stream(call.seq, std::move(*filter)));
}

void run_monitor(const RpcCall& call) {
    const auto request = call.request<rpc::MonitorRequest>();
    if (!request) return;
    const auto level = parse_level(request->log_level);
    if (!level) return call.reply("Unknown log level: " + upper_case(request->log_level));
    if (call.subscriptions.has_monitor()) return call.reply("Monitor already exists");
    call.reply();
    call.subscriptions.start_monitor(call.seq, *level);
}

void run_doctor(const RpcCall& call) {
    const auto request = call.request<rpc::DoctorRequest>();
    if (!request) return;
    call.client.control.diagnose(
        request->peer,
        call.replies.later([&replies = call.replies, seq = call.seq](
                               const std::string& error, const rpc::DoctorResponse& result) {
            if (!error.empty()) return replies.send(seq, error);
            replies.send(seq, "", result);
        }));
}

void run_stop(const RpcCall& call) {
    const auto request = call.request<rpc::StopRequest>();
    if (!request) return;
    call.subscriptions.stop(request->stop);
    call.reply();
}

constexpr std::array kCommands{
    RpcCommand{"handshake", true, true, run_handshake},
    RpcCommand{"auth", true, true, run_auth},
    RpcCommand{"members", false, false, run_members},
    RpcCommand{"members-filtered", true, false, run_members_filtered},
    RpcCommand{"join", true, false, run_join},
    RpcCommand{"leave", false, false, run_leave},
    RpcCommand{"force-leave", true, false, run_force_leave},
    RpcCommand{"stats", false, false, run_stats},
    RpcCommand{"tags", true, false, run_tags},
    RpcCommand{"stream", true, false, run_stream},
    RpcCommand{"monitor", true, false, run_monitor},
    RpcCommand{"stop", true, false, run_stop},
    RpcCommand{"doctor", true, false, run_doctor},
    RpcCommand{"event", true, false, run_event},
    RpcCommand{"query", true, false, run_query},
    RpcCommand{"respond", true, false, run_respond},
    RpcCommand{"install-key", true, false, run_install_key},
    RpcCommand{"use-key", true, false, run_use_key},
    RpcCommand{"remove-key", true, false, run_remove_key},
    RpcCommand{"list-keys", false, false, run_list_keys},
    RpcCommand{"key-table", false, false, run_key_table},
    RpcCommand{"get-coordinate", true, false, run_get_coordinate},
    RpcCommand{"member-details", true, false, run_member_details},
    RpcCommand{"why", true, false, run_why},
    RpcCommand{"tune", true, false, run_tune},
    RpcCommand{"journal", true, false, run_journal},
};

}  // namespace

std::string upper_case(std::string_view text) {
    std::string upper{text.substr(0, 64)};
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

const RpcCommand* find_command(std::string_view name) {
    const auto found = std::ranges::find(kCommands, name, &RpcCommand::name);
    return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace rollcall::agent
