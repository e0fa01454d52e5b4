// SPDX-License-Identifier: Apache-2.0
#include "membership/packets.h"

#include <algorithm>

namespace rollcall::membership {
namespace {

// More than any layer adds: label header, old encryption with its padding, checksum, compound
// table.
constexpr std::size_t kLayerRoom = 1024;
// A broadcast of the application costs its type byte beside the compound's length.
constexpr std::size_t kUserPart = wire::kCompoundPart + 1;

}  // namespace

Packets::Packets(Context& context)
    : context_{context},
      message_room_{std::make_unique_for_overwrite<std::byte[]>(wire::kMaxDatagram)},
      application_room_(context.config.packet_size) {
    parts_.reserve(wire::kMaxCompoundParts);
}

void Packets::send_with_gossip(Endpoint to, Bytes message, const Recipient& recipient,
                               Outbox& out) {
    if (message.empty()) return;
    parts_.assign(1, message);
    const std::size_t spent =
        message.size() + wire::kCompoundHeader + wire::kCompoundPart + context_.codec.overhead();
    if (spent < packet_size()) take_broadcasts(packet_size() - spent, recipient);
    send_parts(to, false, out);
}

void Packets::send_bare(Endpoint to, std::span<const Bytes> messages, bool checksum, Outbox& out) {
    parts_.assign(messages.begin(), messages.end());
    send_parts(to, checksum, out);
}

bool Packets::gossip(MemberId id, Outbox& out) {
    parts_.clear();
    const Member to = *context_.table.find(id);
    const bool checksum = takes_checksum(to);
    const std::size_t layers =
        wire::kCompoundHeader + context_.codec.overhead() + (checksum ? wire::kChecksumHeader : 0);
    take_broadcasts(packet_size() - layers, context_.recipient(id));
    if (parts_.empty()) return false;
    send_parts(to.endpoint(), checksum, out);
    return true;
}

void Packets::take_broadcasts(std::size_t budget, const Recipient& recipient) {
    const std::size_t used = context_.broadcasts.take(
        wire::kCompoundPart, budget, context_.transmit_limit(),
        std::min(context_.config.variant.max_updates, wire::kMaxCompoundParts - parts_.size()),
        [this](Bytes message) { parts_.push_back(message); }, recipient);
    if (budget - used <= kUserPart) return;
    application_used_ = 0;
    application_budget_ = budget - used;
    context_.app.take_broadcasts(kUserPart, application_budget_, recipient, *this);
}

void Packets::add(Bytes message) {
    // The application knows the budget; messages beyond it are dropped here.
    const std::size_t size = message.size() + 1;
    if (parts_.size() >= wire::kMaxCompoundParts) return;
    if (size + wire::kCompoundPart > application_budget_) return;
    if (application_used_ + size > application_room_.size()) return;
    application_budget_ -= size + wire::kCompoundPart;
    const MutableBytes place = std::span{application_room_}.subspan(application_used_, size);
    application_used_ += size;
    place[0] = static_cast<std::byte>(wire::MessageType::user);
    std::copy(message.begin(), message.end(), place.begin() + 1);
    parts_.push_back(place);
}

void Packets::send_parts(Endpoint to, bool checksum, Outbox& out) {
    std::size_t room = kLayerRoom;
    for (const Bytes part : parts_) room += part.size();
    const std::size_t size = context_.codec.seal(parts_, {.checksum = checksum}, out.stage(room));
    if (size == 0) {
        ++context_.stats.send_errors;
        return;
    }
    out.send_staged(to, size);
    ++context_.stats.packets_sent;
    context_.stats.bytes_sent += size;
}

}  // namespace rollcall::membership
