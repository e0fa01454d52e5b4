// SPDX-License-Identifier: Apache-2.0
//
// Network coordinates of members: ours travels in our acks, and each ack of a probed member gives a
// round-trip time and that member's coordinate (rules N1, N2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/coordinate.h"
#include "serf/vivaldi.h"

namespace rollcall::serf {

class Coordinates {
public:
    Coordinates(Context& context, std::uint64_t seed);

    // Writes ours, for an ack. 0: none.
    std::size_t put_into(MutableBytes room);
    [[nodiscard]] bool wants(Bytes payload) const {
        return !context_.config.disable_coordinates && !payload.empty();
    }
    // A member answered a probe, with a payload for which wants() holds.
    void ack_received(MemberId id, Duration rtt, Bytes payload);

    [[nodiscard]] std::optional<Coordinate> ours() const;
    [[nodiscard]] std::optional<Coordinate> of(std::string_view name) const;
    [[nodiscard]] std::uint64_t resets() const { return vivaldi_.resets(); }

private:
    void refuse(CoordinateRefusal cause) {
        ++context_.stats.coordinates_refused[static_cast<std::size_t>(cause)];
    }

    Context& context_;
    Vivaldi vivaldi_;
    // Our encoded coordinate, cached since there are many acks per change of it; size 0: out of
    // date.
    std::array<std::byte, kPayloadSize> payload_{};
    std::size_t payload_size_ = 0;
};

}  // namespace rollcall::serf
