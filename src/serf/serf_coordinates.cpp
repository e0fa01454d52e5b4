// SPDX-License-Identifier: Apache-2.0
//
// Where everybody is: our coordinate rides in our acks, and the acks of those we probe say how long
// they took and where they come from (rules N1, N2).
#include <memory>
#include <utility>

#include "serf/serf_impl.h"

namespace rollcall::serf {

std::size_t Serf::Impl::ack_payload(MutableBytes room) {
    return config.disable_coordinates ? 0 : encode_payload(vivaldi.coordinate(), room);
}

// Rule N2.
void Serf::Impl::ack_received(Time now, MemberId id, Duration rtt, Bytes payload,
                              membership::Outbox& core_out) {
    if (config.disable_coordinates || payload.empty()) return;
    absorb(now, static_cast<Outbox&>(core_out));
    const auto peer = node.members().find(id);
    Member* member = peer ? members.find(peer->name()) : nullptr;
    if (member == nullptr) return;  // pruned, and still there: nothing of it is kept

    const auto refuse = [&](CoordinateRefusal cause) {
        ++stats.coordinates_refused[static_cast<std::size_t>(cause)];
    };
    const auto coordinate = decode_payload(payload);
    if (!coordinate) return refuse(coordinate.error());
    if (member->coordinate == nullptr) member->coordinate = std::make_unique<PeerCoordinate>();
    if (const auto cause = vivaldi.update(*coordinate, rtt, member->coordinate->filter)) {
        return refuse(*cause);
    }
    member->coordinate->last = *coordinate;
    ++stats.coordinates_learned;
}

std::optional<Coordinate> Serf::coordinate() const {
    if (impl_->config.disable_coordinates) return {};
    return impl_->vivaldi.coordinate();
}

std::optional<Coordinate> Serf::coordinate_of(std::string_view name) const {
    if (name == impl_->config.membership.name) return coordinate();
    const Member* member = std::as_const(impl_->members).find(name);
    if (member == nullptr || member->coordinate == nullptr) return {};
    return member->coordinate->last;
}

}  // namespace rollcall::serf
