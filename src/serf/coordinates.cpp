// SPDX-License-Identifier: Apache-2.0
#include "serf/coordinates.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/rng.h"

namespace rollcall::serf {
namespace {

// A seed for a separate generator, so that coordinates do not change the core's draws. It includes
// the name: members with one seed would never move apart.
std::uint64_t keyed(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a: the same with every standard library
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return Rng{seed ^ hash}.next();
}

}  // namespace

Coordinates::Coordinates(Context& context, std::uint64_t seed)
    : context_{context}, vivaldi_{keyed(seed, context.name())} {}

std::size_t Coordinates::put_into(MutableBytes room) {
    if (context_.config.disable_coordinates) return 0;
    if (payload_size_ == 0) payload_size_ = encode_payload(vivaldi_.coordinate(), payload_);
    if (room.size() < payload_size_) return 0;
    std::ranges::copy(Bytes{payload_}.first(payload_size_), room.begin());
    return payload_size_;
}

// Rule N2.
void Coordinates::ack_received(MemberId id, Duration rtt, Bytes payload) {
    const auto peer = context_.node.members().find(id);
    Member* member = peer ? context_.members.find(peer->name()) : nullptr;
    if (member == nullptr) return;  // pruned, but it still answers
    const auto coordinate = decode_payload(payload);
    if (!coordinate) return refuse(coordinate.error());
    if (member->coordinate == nullptr) member->coordinate = std::make_unique<PeerCoordinate>();
    payload_size_ = 0;
    if (const auto cause = vivaldi_.update(*coordinate, rtt, member->coordinate->filter)) {
        return refuse(*cause);
    }
    member->coordinate->last = *coordinate;
    ++context_.stats.coordinates_learned;
}

std::optional<Coordinate> Coordinates::ours() const {
    if (context_.config.disable_coordinates) return {};
    return vivaldi_.coordinate();
}

std::optional<Coordinate> Coordinates::of(std::string_view name) const {
    if (name == context_.name()) return ours();
    const Member* member = std::as_const(context_.members).find(name);
    if (member == nullptr || member->coordinate == nullptr) return {};
    return member->coordinate->last;
}

}  // namespace rollcall::serf
