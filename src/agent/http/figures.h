// SPDX-License-Identifier: Apache-2.0
//
// The counters of the HTTP server as text, for `rollcall info`. Pure.
#pragma once

#include "agent/http/server.h"
#include "rpc/messages.h"

namespace rollcall::agent::http {

[[nodiscard]] rpc::StringMap figures(const Server& server);

}  // namespace rollcall::agent::http
