// SPDX-License-Identifier: Apache-2.0
//
// Commands that involve all members: events, queries, responses to queries, keys.
#include <memory>
#include <msgpack.hpp>
#include <string>
#include <utility>

#include "agent/control/command.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kPingQuery = "_serf_ping";

Bytes bytes_of(const rpc::Payload& payload) {
    return payload ? Bytes{*payload} : Bytes{};
}

}  // namespace

void RpcSession::on_event(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::EventRequest>(body);
    if (!request) return;
    reply(seq,
          parts_.control.user_event(request->name, bytes_of(request->payload), request->coalesce),
          out);
}

void RpcSession::on_query(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::QueryRequest>(body);
    if (!request) return;
    const bool ping = request->name == kPingQuery && bytes_of(request->payload).empty();
    if (request->name.starts_with("_serf_") && !ping) {
        return reply(seq, "Queries cannot contain the '_serf_' prefix", out);
    }
    const std::size_t most = parts_.limits.queries_per_client;
    if (asked_.size() >= most) {
        return reply(
            seq, "Too many queries: at most " + std::to_string(most) + " at once per connection",
            out);
    }
    // Registered before the call: our own ack comes inside it.
    asked_.push_back({.outlet = {.seq = seq, .queue = RecordQueue{parts_.limits.query_records}}});
    Asked& asked = asked_.back();
    const auto request_id = parts_.control.query(
        *request, [this, &asked, alive = std::weak_ptr{alive_}](const rpc::AnswerRecord& record) {
            if (!alive.expired()) on_answer(asked, record);
        });
    if (!request_id) {
        asked_.pop_back();
        return reply(seq, request_id.error(), out);
    }
    asked.request = *request_id;
    reply(seq, "", out);  // precedes its records, which are queued
}

void RpcSession::on_answer(Asked& asked, const rpc::AnswerRecord& record) {
    auto encoded = std::make_shared<const std::string>(rpc::encode(record));
    asked.done = record.type == "done";
    if (asked.done) {
        asked.outlet.queue.push_last(std::move(encoded));
    } else {
        queue_record(asked.outlet, encoded);
    }
    parts_.wake();
}

void RpcSession::on_respond(std::uint64_t seq, const msgpack::object& body, std::string& out) {
    const auto request = decoded<rpc::RespondRequest>(body);
    if (!request) return;
    using Cause = serf::MessageError::Cause;
    const auto query = pending_.find(request->id);
    if (query == pending_.end()) return reply(seq, "No pending queries matching ID", out);
    const auto error = parts_.control.respond(query->second, bytes_of(request->payload));
    if (error && error->cause == Cause::response_too_late) {
        pending_.erase(query);
        return reply(seq, "No pending queries matching ID", out);
    }
    // Serf says "key query" of every query.
    reply(seq, error ? "failed to respond to key query: " + to_string(*error) : std::string{}, out);
}

// --- keys ----------------------------------------------------------------------------------------

template <class ToBody>
Control::KeysDone RpcSession::reply_keys_later(std::uint64_t seq, ToBody to_body) {
    busy_ = true;
    return [this, seq, to_body, alive = std::weak_ptr{alive_}](
               const std::string& error, const serf::KeyCommandFinished& result) {
        if (alive.expired()) return;
        busy_ = false;
        reply(seq, error, late_);
        rpc::append(late_, to_body(result));
        parts_.wake();
    };
}

void RpcSession::change_key(serf::KeyCommand command, std::uint64_t seq,
                            const msgpack::object& body) {
    const auto request = decoded<rpc::KeyRequest>(body);
    if (!request) return;
    parts_.control.change_keys(command, request->key,
                               reply_keys_later(seq, [](const serf::KeyCommandFinished& result) {
                                   return to_rpc(result);
                               }));
}

void RpcSession::on_install_key(std::uint64_t seq, const msgpack::object& body, std::string&) {
    change_key(serf::KeyCommand::install, seq, body);
}

void RpcSession::on_use_key(std::uint64_t seq, const msgpack::object& body, std::string&) {
    change_key(serf::KeyCommand::use, seq, body);
}

void RpcSession::on_remove_key(std::uint64_t seq, const msgpack::object& body, std::string&) {
    change_key(serf::KeyCommand::remove, seq, body);
}

void RpcSession::on_list_keys(std::uint64_t seq, const msgpack::object&, std::string&) {
    parts_.control.change_keys(serf::KeyCommand::list, "",
                               reply_keys_later(seq, [](const serf::KeyCommandFinished& result) {
                                   return to_rpc(result);
                               }));
}

void RpcSession::on_key_table(std::uint64_t seq, const msgpack::object&, std::string&) {
    parts_.control.change_keys(serf::KeyCommand::list, "",
                               reply_keys_later(seq, [](const serf::KeyCommandFinished& result) {
                                   return to_rpc_table(result);
                               }));
}

}  // namespace rollcall::agent
