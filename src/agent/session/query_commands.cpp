// SPDX-License-Identifier: Apache-2.0
//
// Commands that involve all members: events, queries, responses to queries, keys.
#include <string>
#include <string_view>

#include "agent/session/commands.h"
#include "agent/session/query_names.h"

namespace rollcall::agent {
namespace {

Bytes bytes_of(const rpc::Payload& payload) {
    return payload ? Bytes{*payload} : Bytes{};
}

// Runs a key command on all members. `to_body` builds the reply's body from their answers.
template <class ToBody>
void run_key_command(const RpcCall& call, serf::KeyCommand command, const std::string& key,
                     ToBody to_body) {
    call.client.control.change_keys(
        command, key,
        call.replies.later([&replies = call.replies, seq = call.seq, to_body](
                               const std::string& error, const serf::KeyCommandFinished& result) {
            replies.send(seq, error, to_body(result));
        }));
}

rpc::KeysResponse counted(const serf::KeyCommandFinished& result) {
    return to_rpc(result);
}

void change_key(const RpcCall& call, serf::KeyCommand command) {
    const auto request = call.request<rpc::KeyRequest>();
    if (request) run_key_command(call, command, request->key, counted);
}

}  // namespace

void run_event(const RpcCall& call) {
    const auto request = call.request<rpc::EventRequest>();
    if (!request) return;
    call.reply(call.client.control.user_event(request->name, bytes_of(request->payload),
                                              request->coalesce));
}

void run_query(const RpcCall& call) {
    const auto request = call.request<rpc::QueryRequest>();
    if (!request) return;
    if (const auto refused = refused_query_name(*request)) return call.reply(*refused);
    call.reply(call.queries.ask(call.seq, *request));  // precedes its records, which are queued
}

void run_respond(const RpcCall& call) {
    const auto request = call.request<rpc::RespondRequest>();
    if (request) call.reply(call.queries.respond(request->id, bytes_of(request->payload)));
}

void run_install_key(const RpcCall& call) {
    change_key(call, serf::KeyCommand::install);
}
void run_use_key(const RpcCall& call) {
    change_key(call, serf::KeyCommand::use);
}
void run_remove_key(const RpcCall& call) {
    change_key(call, serf::KeyCommand::remove);
}

void run_list_keys(const RpcCall& call) {
    run_key_command(call, serf::KeyCommand::list, "", counted);
}

void run_key_table(const RpcCall& call) {
    run_key_command(call, serf::KeyCommand::list, "", to_rpc_table);
}

}  // namespace rollcall::agent
