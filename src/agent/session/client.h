// SPDX-License-Identifier: Apache-2.0
//
// What the parts of one client's session share: the agent that they act on, the limits, the
// counters of the server, and ways to reach the connection. It outlives them all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "agent/log/logging.h"
#include "agent/session/control.h"
#include "agent/session/limits.h"

namespace rollcall::agent {

struct RpcStats {
    std::uint64_t accepted = 0, refused = 0, evicted = 0, timed_out = 0;
    std::uint64_t commands = 0, broken_requests = 0, bad_tokens = 0;
    std::uint64_t records_sent = 0, records_dropped = 0;
};

struct RpcClient {
    Control& control;
    Log& log;
    const RpcLimits& limits;
    const std::string& token;  // "": no authentication
    RpcStats& stats;
    std::string peer;            // for log lines
    std::function<void()> wake;  // pump() may have something to do; may be called inside it
    // The same a moment later, from the loop; several calls are one. May be empty.
    std::function<void()> wake_soon = {};
    // Calls back after the delay of a wrong token (agent/control/wrong_tokens.h).
    std::function<void(std::function<void()> refuse)> refuse_token;
    // Logs a problem of this client, rate limited.
    std::function<void(std::string_view event, const std::string& text)> complain;
};

}  // namespace rollcall::agent
