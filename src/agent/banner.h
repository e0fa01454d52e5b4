// SPDX-License-Identifier: Apache-2.0
//
// The agent's summary after its start: names and real ports, as lines of text and as one log
// record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/logging.h"
#include "base/endpoint.h"
#include "rpc/address.h"

namespace rollcall::agent {

struct Bound {
    Endpoint gossip;
    std::vector<RpcAddress> rpc;
    std::optional<RpcAddress> http;  // nullopt: off
};

[[nodiscard]] std::string banner_text(const Settings& settings, const Bound& bound);
// Written regardless of the log level, since the JSON format replaces the lines of text.
void log_banner(Log& log, const Settings& settings, const Bound& bound);

}  // namespace rollcall::agent
