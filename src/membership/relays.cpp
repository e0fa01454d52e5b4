// SPDX-License-Identifier: Apache-2.0
#include "membership/relays.h"

#include <algorithm>

namespace rollcall::membership {

void Relays::requested(Time now, const wire::IndirectPing& request, const Endpoint& from,
                       Outbox& out) {
    const auto target = Endpoint::from_wire(request.target, context_.port_or_default(request.port));
    if (!target || waiting_.size() >= context_.config.max_relays) {
        ++context_.stats.relays_refused;
        return;
    }
    ++context_.stats.relays;
    const Member me = context_.me();
    const SequenceNumber sequence = context_.next_sequence();
    waiting_.push_back({.ours = sequence,
                        .theirs = request.sequence,
                        .requester = reply_to(request.source_address, request.source_port, from),
                        .deadline = now + context_.config.probe_timeout,
                        .nack = request.nack});
    const wire::Ping ping{.sequence = sequence,
                          .node = request.node,
                          .source_address = me.address(),
                          .source_port = me.port(),
                          .source_node = me.name()};
    packets_.send_with_gossip(*target,
                              packets_.encode([&](ByteWriter& w) { wire::encode(ping, w); }),
                              context_.recipient(request.node), out);
}

bool Relays::ack_arrived(SequenceNumber sequence, Outbox& out) {
    const auto relay = std::ranges::find(waiting_, sequence, &Relay::ours);
    if (relay == waiting_.end()) return false;
    const wire::Ack ack{.sequence = relay->theirs, .payload = std::nullopt};
    const Endpoint requester = relay->requester;
    waiting_.erase(relay);
    packets_.send_with_gossip(
        requester, packets_.encode([&](ByteWriter& w) { wire::encode(ack, w); }), {}, out);
    return true;
}

void Relays::handle_timeout(Time now, Outbox& out) {
    while (!waiting_.empty() && waiting_.front().deadline <= now) {
        const Relay relay = waiting_.front();
        waiting_.pop_front();
        if (!relay.nack) continue;
        ++context_.stats.nacks_sent;
        packets_.send_with_gossip(relay.requester, packets_.encode([&](ByteWriter& w) {
            wire::encode(wire::Nack{.sequence = relay.theirs}, w);
        }),
                                  {}, out);
    }
}

std::optional<Time> Relays::next_deadline() const {
    if (waiting_.empty()) return {};
    return waiting_.front().deadline;
}

}  // namespace rollcall::membership
