// SPDX-License-Identifier: Apache-2.0
//
// One row of the table of commands. Internal to RpcSession.
#pragma once

#include "agent/rpc_session.h"

namespace rollcall::agent {

struct RpcSession::Command {
    std::string_view name;
    bool has_body = false;
    bool before_auth = false;  // allowed to a client that has not shown the token
    // Null: a command of the protocol that this agent does not offer.
    void (RpcSession::*run)(std::uint64_t, const msgpack::object&, std::string&) = nullptr;
};

}  // namespace rollcall::agent
