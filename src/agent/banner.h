// SPDX-License-Identifier: Apache-2.0
//
// What an agent says of itself when it has started: names and real ports, as lines for people and
// as one record of the log.
#pragma once

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
};

[[nodiscard]] std::string banner_text(const Settings& settings, const Bound& bound);
// Asked for by the format, so it is written whatever level is printed.
void log_banner(Log& log, const Settings& settings, const Bound& bound);

}  // namespace rollcall::agent
