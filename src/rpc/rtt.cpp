// SPDX-License-Identifier: Apache-2.0
#include "rpc/rtt.h"

#include <algorithm>

#include "serf/vivaldi.h"

namespace rollcall::agent {
namespace {

std::optional<serf::Coordinate> from_rpc(const rpc::Coordinate& received) {
    if (received.vec.size() != serf::kDimensions) return {};
    serf::Coordinate coordinate{
        .error = received.error, .adjustment = received.adjustment, .height = received.height};
    std::ranges::copy(received.vec, coordinate.vec.begin());
    return coordinate;
}

}  // namespace

rpc::Coordinate to_rpc(const serf::Coordinate& coordinate) {
    return {.vec = {coordinate.vec.begin(), coordinate.vec.end()},
            .error = coordinate.error,
            .adjustment = coordinate.adjustment,
            .height = coordinate.height};
}

std::optional<Duration> estimated_rtt(const rpc::Coordinate& a, const rpc::Coordinate& b) {
    const auto from = from_rpc(a), to = from_rpc(b);
    if (!from || !to) return {};
    return serf::distance(*from, *to);
}

}  // namespace rollcall::agent
