// SPDX-License-Identifier: Apache-2.0
//
// Opens the control addresses of an agent, with TLS and without. For the start.
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/control/server.h"
#include "agent/log/logging.h"
#include "agent/tls_front/tls_front.h"
#include "base/result.h"
#include "rpc/address.h"

namespace rollcall::agent {

// All of `settings.rpc_addr`, with their real ports, or an error that names one of them. Warns
// about those by which everyone controls the agent. `tls` may be null without a tls: address.
[[nodiscard]] Result<std::vector<RpcAddress>, std::string> listen_for_control(
    const Settings& settings, RpcServer& server, TlsFront* tls, Log& log);

}  // namespace rollcall::agent
