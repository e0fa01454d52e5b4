// SPDX-License-Identifier: Apache-2.0
#include "serf/coordinate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

constexpr std::uint8_t kPayloadVersion = 1;

// In the order of their bytes, and where Serf declares them.
constexpr std::array<std::string_view, 4> kCoordinateFields{"Adjustment", "Error", "Height", "Vec"};
constexpr std::array<std::uint8_t, 4> kCoordinateDeclared{3, 1, 0, 2};

}  // namespace

std::string_view to_string(CoordinateRefusal cause) {
    switch (cause) {
        case CoordinateRefusal::unknown_version:
            return "unknown_version";
        case CoordinateRefusal::undecodable:
            return "undecodable";
        case CoordinateRefusal::dimensions:
            return "dimensions";
        case CoordinateRefusal::not_finite:
            return "not_finite";
        case CoordinateRefusal::implausible:
            return "implausible";
        case CoordinateRefusal::round_trip:
            return "round_trip";
    }
    return "";
}

std::optional<CoordinateRefusal> refusal_of(const Coordinate& c) {
    const auto is_finite = [](double value) { return std::isfinite(value); };
    if (!std::ranges::all_of(c.vec, is_finite) || !is_finite(c.error) || !is_finite(c.adjustment) ||
        !is_finite(c.height)) {
        return CoordinateRefusal::not_finite;
    }
    const auto is_near = [](double value) { return std::abs(value) <= kFarthest; };
    if (!std::ranges::all_of(c.vec, is_near) || !is_near(c.error) || !is_near(c.adjustment) ||
        !is_near(c.height) || c.error < 0 || c.height < 0) {
        return CoordinateRefusal::implausible;
    }
    return {};
}

std::size_t encode_payload(const Coordinate& coordinate, MutableBytes room) {
    ByteWriter out{room};
    out.u8(kPayloadVersion);
    wire::MsgpackWriter writer{out};
    writer.map(4);
    writer.field("Adjustment", coordinate.adjustment);
    writer.field("Error", coordinate.error);
    writer.field("Height", coordinate.height);
    writer.text("Vec");
    writer.array(kDimensions);
    for (const double component : coordinate.vec) writer.real(component);
    return out.failed() ? 0 : out.size();
}

Result<Coordinate, CoordinateRefusal> decode_payload(Bytes payload) {
    ByteReader in{payload};
    if (in.u8() != kPayloadVersion || in.failed()) return CoordinateRefusal::unknown_version;
    Coordinate coordinate{.error = 0, .height = 0};  // missing fields are zero
    std::size_t dimensions = 0;
    wire::MsgpackReader reader{in.rest()};
    wire::read_struct(reader, kCoordinateFields, kCoordinateDeclared, [&](std::size_t field) {
        switch (field) {
            case 0:
                coordinate.adjustment = reader.real();
                break;
            case 1:
                coordinate.error = reader.real();
                break;
            case 2:
                coordinate.height = reader.real();
                break;
            default:
                dimensions = reader.array();
                for (std::size_t i = 0; i < dimensions && !reader.failed(); ++i) {
                    const double component = reader.real();
                    if (i < kDimensions) coordinate.vec[i] = component;
                }
        }
    });
    if (reader.failed()) return CoordinateRefusal::undecodable;
    if (dimensions != kDimensions) return CoordinateRefusal::dimensions;
    if (const auto refusal = refusal_of(coordinate)) return *refusal;
    return coordinate;
}

}  // namespace rollcall::serf
