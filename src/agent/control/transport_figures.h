// SPDX-License-Identifier: Apache-2.0
//
// The transport's counters in section "transport" of `rollcall info`, under the names of
// docs/operations/transport.md. Pure.
#pragma once

#include "rpc/messages.h"
#include "transport/stats.h"

namespace rollcall::agent {

[[nodiscard]] rpc::StringMap transport_figures(const transport::Stats& stats);

}  // namespace rollcall::agent
