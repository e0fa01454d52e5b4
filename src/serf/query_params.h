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

inline constexpr Duration kMaxQueryTimeout = std::chrono::hours{24};

// What we ask, whom, and for how long.
struct QueryParams {
    std::string_view name;           // those that begin with "_serf_" are not for applications
    Bytes payload;                   // borrowed
    std::vector<std::string> nodes;  // only these members; empty: all
    Tags tags;                       // tag -> expression that its value must contain; all must fit
    bool ack = false;                // each member says at once that it got the query
    std::uint8_t relay_factor = 0;   // answers come by way of so many others too
    Duration timeout{};              // 0: the default; at most kMaxQueryTimeout
};

}  // namespace rollcall::serf
