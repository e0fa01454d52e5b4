// SPDX-License-Identifier: Apache-2.0
//
// Which queries a client may send by name, over either port. Pure.
#pragma once

#include <optional>
#include <string>

#include "rpc/messages.h"
#include "serf/query_params.h"

namespace rollcall::agent {

// Why it is refused. As with Serf, names with its prefix are its own, but a ping is allowed; and so
// are queries of our own program (rule E8).
[[nodiscard]] inline std::optional<std::string> refused_query_name(const rpc::QueryRequest& query) {
    const bool ping = query.name == "_serf_ping" && (!query.payload || query.payload->empty());
    const bool built_in = query.name.starts_with(serf::kBuiltInQuery) &&
                          query.name.size() > serf::kBuiltInQuery.size();
    if (!query.name.starts_with("_serf_") || ping || built_in) return {};
    return "Queries cannot contain the '_serf_' prefix";
}

}  // namespace rollcall::agent
