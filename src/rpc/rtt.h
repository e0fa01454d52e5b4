// SPDX-License-Identifier: Apache-2.0
//
// Network coordinates of the control protocol: converted from the Serf layer's, and into the
// estimated round trip. Pure functions.
#pragma once

#include <optional>

#include "base/time.h"
#include "rpc/messages.h"
#include "serf/coordinate.h"

namespace rollcall::agent {

[[nodiscard]] rpc::Coordinate to_rpc(const serf::Coordinate& coordinate);

// Whole nanoseconds, as Serf cuts them. Nullopt when one of the two has not eight dimensions.
[[nodiscard]] std::optional<Duration> estimated_rtt(const rpc::Coordinate& a,
                                                    const rpc::Coordinate& b);

}  // namespace rollcall::agent
