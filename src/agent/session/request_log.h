// SPDX-License-Identifier: Apache-2.0
//
// The records of what clients of the agent requested and what ends a membership: they name the
// client, which the wire does not (docs/operations/logs.md). One thread.
#pragma once

#include <string>
#include <string_view>

#include "agent/log/logging.h"

namespace rollcall::agent {

// `side` is "rpc" or "http", `client` its address; "a client" or "" of a Unix socket.
struct Requester {
    Log& log;
    std::string_view side;
    std::string_view client;
};

void log_leave_request(const Requester& by);
void log_force_leave_request(const Requester& by, const std::string& member, bool prune);

}  // namespace rollcall::agent
