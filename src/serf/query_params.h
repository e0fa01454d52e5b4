// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/config.h"

namespace rollcall::serf {

// Rule E8: begins the name of a query that only rollcall agents answer. Serf's own prefix is part
// of it, so that Serf's agents show such a query to no script and no client.
inline constexpr std::string_view kBuiltInQuery = "_serf_rollcall_";
inline constexpr std::string_view kTuneQuery = "_serf_rollcall_tune";  // rule L6

inline constexpr Duration kMaxQueryTimeout = std::chrono::hours{24};

// The parameters of a query of ours.
struct QueryParams {
    std::string_view name;           // those that begin with "_serf_" are not for applications
    Bytes payload;                   // borrowed
    std::vector<std::string> nodes;  // only these members; empty: all
    Tags tags;                       // tag -> expression that its value must contain; all must fit
    bool ack = false;                // each member acknowledges the query at once
    std::uint8_t relay_factor = 0;   // answers are also relayed by this many other members
    Duration timeout{};              // 0: the default; at most kMaxQueryTimeout
};

}  // namespace rollcall::serf
