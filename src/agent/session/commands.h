// SPDX-License-Identifier: Apache-2.0
//
// The commands of the control protocol: a table of names, and a function for each.
#pragma once

#include <cstdint>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/session/admission.h"
#include "agent/session/client_queries.h"
#include "agent/session/replies.h"
#include "agent/session/subscriptions.h"

namespace rollcall::agent {

// One request, and the parts of the session on which its command works.
struct RpcCall {
    RpcClient& client;
    Admission& admission;
    Replies& replies;
    Subscriptions& subscriptions;
    ClientQueries& queries;
    std::uint64_t seq;
    const msgpack::object& body;

    // A reply without a body.
    void reply(std::string_view error = {}) const { replies.send(seq, error); }
    // nullopt: the request is broken, and the connection closes.
    template <class Request>
    [[nodiscard]] std::optional<Request> request() const {
        auto message = rpc::decode<Request>(body);
        if (message) return std::move(*message);
        admission.refuse_broken("has an unreadable field '" + std::string{message.error().name} +
                                "'");
        return {};
    }
};

struct RpcCommand {
    std::string_view name;
    bool has_body = false;
    bool before_auth = false;  // allowed before authentication
    void (*run)(const RpcCall&) = nullptr;
};

[[nodiscard]] const RpcCommand* find_command(std::string_view name);

// Commands that involve all members.
void run_event(const RpcCall& call);
void run_query(const RpcCall& call);
void run_respond(const RpcCall& call);
void run_install_key(const RpcCall& call);
void run_use_key(const RpcCall& call);
void run_remove_key(const RpcCall& call);
void run_list_keys(const RpcCall& call);
void run_key_table(const RpcCall& call);
// Ours, beyond Serf's.
void run_member_details(const RpcCall& call);
void run_why(const RpcCall& call);
void run_tune(const RpcCall& call);
void run_journal(const RpcCall& call);

// For error texts; of a long text only the start.
[[nodiscard]] std::string upper_case(std::string_view text);

}  // namespace rollcall::agent
