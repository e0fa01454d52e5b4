// SPDX-License-Identifier: Apache-2.0
//
// Where a member is in the network: a point in eight dimensions and a height above it, all in
// seconds of round-trip time, so that the distance of two points estimates the time between two
// members that may never have spoken. Travels in acks: a version byte and a msgpack map. Rule N2,
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
// Round trips beyond this say nothing of a network, and are not counted.
inline constexpr Duration kLongestRoundTrip = std::chrono::seconds{10};
// Ten times as far, in seconds, nobody is who was placed by round trips: no part of a coordinate
// may be larger.
inline constexpr double kFarthest = 100.0;

struct Coordinate {  // as it is at first: at the origin, and sure of nothing
    std::array<double, kDimensions> vec{};
    double error = kMostError;  // 0: sure
    double adjustment = 0;      // of distances, by how much they were wrong of late; any sign
    double height = kLeastHeight;

    friend bool operator==(const Coordinate&, const Coordinate&) = default;
};

// Why a coordinate, or a round trip with it, is not taken. Nothing changed then.
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

// Whether a coordinate that somebody claims can be true.
[[nodiscard]] std::optional<CoordinateRefusal> refusal_of(const Coordinate& coordinate);

// An ack's payload. 0 when `room` is too small.
inline constexpr std::size_t kPayloadSize = 130;
[[nodiscard]] std::size_t encode_payload(const Coordinate& coordinate, MutableBytes room);
// Of a payload that is not empty. What is answered is plausible.
[[nodiscard]] Result<Coordinate, CoordinateRefusal> decode_payload(Bytes payload);

}  // namespace rollcall::serf
