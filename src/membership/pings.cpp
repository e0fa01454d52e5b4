// SPDX-License-Identifier: Apache-2.0
#include "membership/pings.h"

#include <array>

namespace rollcall::membership {
namespace {

wire::Ping ping(const Member& me, const Member& target, SequenceNumber sequence) {
    return {.sequence = sequence,
            .node = target.name(),
            .source_address = me.address(),
            .source_port = me.port(),
            .source_node = me.name()};
}

}  // namespace

void Pings::send(MemberId to, SequenceNumber sequence, Outbox& out) {
    const Member target = *context_.table.find(to);
    const wire::Ping message = ping(context_.me(), target, sequence);
    packets_.send_with_gossip(target.endpoint(),
                              packets_.encode([&](ByteWriter& w) { wire::encode(message, w); }),
                              context_.recipient(to), out);
}

bool Pings::send_with_suspicion(MemberId to, SequenceNumber sequence, Outbox& out) {
    const Member me = context_.me();
    const Member target = *context_.table.find(to);
    std::size_t ping_size = 0;
    const Bytes both = packets_.encode([&](ByteWriter& w) {
        wire::encode(ping(me, target, sequence), w);
        ping_size = w.size();
        wire::encode_suspect(
            {.node = target.name(), .incarnation = target.incarnation, .from = me.name()}, w);
    });
    if (both.empty()) return false;
    const std::array<Bytes, 2> parts{both.first(ping_size), both.subspan(ping_size)};
    packets_.send_bare(target.endpoint(), parts, takes_checksum(target), out);
    return true;
}

void Pings::send_alone(const Endpoint& to, std::string_view name, SequenceNumber sequence,
                       Outbox& out) {
    const Member me = context_.me();
    const wire::Ping message{.sequence = sequence,
                             .node = name,
                             .source_address = me.address(),
                             .source_port = me.port(),
                             .source_node = me.name()};
    const Bytes encoded = packets_.encode([&](ByteWriter& w) { wire::encode(message, w); });
    if (!encoded.empty()) packets_.send_bare(to, std::span{&encoded, 1}, false, out);
}

void Pings::send_with_leave(MemberId to, SequenceNumber sequence, Outbox& out) {
    const Member target = *context_.table.find(to);
    std::size_t leave_size = 0;
    const Bytes both = packets_.encode([&](ByteWriter& w) {
        wire::encode_dead(
            {.node = target.name(), .incarnation = target.incarnation, .from = target.name()}, w);
        leave_size = w.size();
        wire::encode(ping(context_.me(), target, sequence), w);
    });
    if (both.empty()) return;
    const std::array<Bytes, 2> parts{both.first(leave_size), both.subspan(leave_size)};
    packets_.send_bare(target.endpoint(), parts, takes_checksum(target), out);
}

bool Pings::ask_relay(MemberId relay_id, MemberId target_id, SequenceNumber sequence, Outbox& out) {
    const Member me = context_.me();
    const Member relay = *context_.table.find(relay_id);
    const Member target = *context_.table.find(target_id);
    const bool nack = context_.config.variant.nacks && relay.versions().pmax >= 4;
    const wire::IndirectPing request{.sequence = sequence,
                                     .node = target.name(),
                                     .target = target.address(),
                                     .port = target.port(),
                                     .nack = nack,
                                     .source_address = me.address(),
                                     .source_port = me.port(),
                                     .source_node = me.name()};
    packets_.send_with_gossip(relay.endpoint(),
                              packets_.encode([&](ByteWriter& w) { wire::encode(request, w); }),
                              context_.recipient(relay_id), out);
    return nack;
}

}  // namespace rollcall::membership
