// SPDX-License-Identifier: Apache-2.0
//
// The transport's counters as an operator reads them: `rollcall info`, section "transport". Names
// are those of docs/operations/transport.md. Pure.
#pragma once

#include "rpc/messages.h"
#include "transport/stats.h"

namespace rollcall::agent {

[[nodiscard]] rpc::StringMap transport_figures(const transport::Stats& stats);

}  // namespace rollcall::agent
