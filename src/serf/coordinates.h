// SPDX-License-Identifier: Apache-2.0
//
// Where members are: our coordinate travels in our acks, and the acks of those we probe say how
// long they took and where they come from (rules N1, N2).
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

    // Ours, for an ack. 0: none.
    std::size_t put_into(MutableBytes room);
    [[nodiscard]] bool wants(Bytes payload) const {
        return !context_.config.disable_coordinates && !payload.empty();
    }
    // A member answered a probe, with a payload that is wanted.
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
    // Our coordinate in an ack's bytes, of which there are many to one change of it; 0: out of
    // date.
    std::array<std::byte, kPayloadSize> payload_{};
    std::size_t payload_size_ = 0;
};

}  // namespace rollcall::serf
