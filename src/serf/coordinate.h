// SPDX-License-Identifier: Apache-2.0
//
// A network coordinate: a point in eight dimensions and a height above it, all in seconds of
// round-trip time, so that the distance of two points estimates the round trip between two members
// that may never have communicated. Travels in acks: a version byte and a msgpack map. Rule N2,
// docs/protocol.md. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace rollcall::serf {

inline constexpr std::size_t kDimensions = 8;
inline constexpr double kLeastHeight = 10e-6;
inline constexpr double kMostError = 1.5;
// Longer round trips do not measure a network, and are not used.
inline constexpr Duration kLongestRoundTrip = std::chrono::seconds{10};
// Ten times the longest round trip, in seconds. No measured coordinate is farther away: no part of
// a coordinate may be larger.
inline constexpr double kFarthest = 100.0;

struct Coordinate {  // initially at the origin, with the largest error
    std::array<double, kDimensions> vec{};
    double error = kMostError;  // 0: certain
    double adjustment = 0;      // correction of distances by their recent errors; any sign
    double height = kLeastHeight;

    friend bool operator==(const Coordinate&, const Coordinate&) = default;
};

// Why a coordinate, or a round trip with it, was refused. Nothing changed.
enum class CoordinateRefusal : std::uint8_t {
    unknown_version,  // the payload's first byte
    undecodable,
    dimensions,   // not eight
    not_finite,   // NaN or infinite
    implausible,  // beyond kFarthest, or a negative height or error
    round_trip,   // negative, or above kLongestRoundTrip
};
inline constexpr std::size_t kCoordinateRefusals = 6;
[[nodiscard]] std::string_view to_string(CoordinateRefusal cause);  // "unknown_version", ...

// Whether a received coordinate is plausible.
[[nodiscard]] std::optional<CoordinateRefusal> refusal_of(const Coordinate& coordinate);

// An ack's payload. 0 when `room` is too small.
inline constexpr std::size_t kPayloadSize = 130;
[[nodiscard]] std::size_t encode_payload(const Coordinate& coordinate, MutableBytes room);
// For a payload that is not empty. The result is plausible.
[[nodiscard]] Result<Coordinate, CoordinateRefusal> decode_payload(Bytes payload);

}  // namespace rollcall::serf
