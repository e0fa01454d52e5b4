// SPDX-License-Identifier: Apache-2.0
//
// A row of the table of commands, and the decoding of requests. Internal to RpcSession.
#pragma once

#include <msgpack.hpp>
#include <optional>
#include <string>
#include <utility>

#include "agent/control/session.h"

namespace rollcall::agent {

struct RpcSession::Command {
    std::string_view name;
    bool has_body = false;
    bool before_auth = false;  // allowed before authentication
    void (RpcSession::*run)(std::uint64_t, const msgpack::object&, std::string&) = nullptr;
};

// nullopt: the request is broken and the connection closes.
template <class Message>
std::optional<Message> RpcSession::decoded(const msgpack::object& body) {
    auto message = rpc::decode<Message>(body);
    if (message) return std::move(*message);
    broken("has an unreadable field '" + std::string{message.error().name} + "'");
    return {};
}

}  // namespace rollcall::agent
