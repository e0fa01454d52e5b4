// SPDX-License-Identifier: Apache-2.0
#include "membership/relays.h"

#include <algorithm>

namespace rollcall::membership {

void Relays::requested(Time now, const wire::IndirectPing& request, const Endpoint& from,
                       Outbox& out) {
    const std::uint16_t port = context_.port_or_default(request.port);
    const auto target = Endpoint::from_wire(request.target, port);
    if (!target || waiting_.size() >= context_.config.max_relays) {
        ++context_.stats.relays_refused;
        return;
    }
    const Endpoint requester = reply_to(request.source_address, request.source_port, from);
    const bool target_is_member = context_.is_member_at(request.node, *target);
    if (!context_.answer_limits.admits_relay(
            now, target_is_member, context_.answer_recipient(request.source_node, requester))) {
        return;
    }
    ++context_.stats.relays;
    Relay relay{.ours = context_.next_sequence(),
                .theirs = request.sequence,
                .requester = requester,
                .target = *target,
                .timeout = context_.config.probe_timeout,
                .end = now + context_.config.probe_timeout,
                .nack = request.nack};
    if (target_is_member && context_.config.variant.looking) {
        relay.member = context_.table.id_of(request.node);
        relay.timeout = context_.answer_time(*relay.member);
        relay.step = Step::repeat;
    }
    ping(relay, request.node, out);
    const Time first = now + relay.timeout;
    waiting_.emplace(first, relay);
}

void Relays::ping(const Relay& relay, std::string_view name, Outbox& out) {
    const Member me = context_.me();
    const wire::Ping message{.sequence = relay.ours,
                             .node = name,
                             .source_address = me.address(),
                             .source_port = me.port(),
                             .source_node = me.name()};
    packets_.send_with_gossip(relay.target,
                              packets_.encode([&](ByteWriter& w) { wire::encode(message, w); }),
                              context_.recipient(name), out);
}

bool Relays::ack_arrived(SequenceNumber sequence, Outbox& out) {
    const auto found =
        std::ranges::find(waiting_, sequence, [](const auto& entry) { return entry.second.ours; });
    if (found == waiting_.end()) return false;
    const wire::Ack ack{.sequence = found->second.theirs, .payload = std::nullopt};
    const Endpoint requester = found->second.requester;
    waiting_.erase(found);
    packets_.send_with_gossip(
        requester, packets_.encode([&](ByteWriter& w) { wire::encode(ack, w); }), {}, out);
    return true;
}

void Relays::handle_timeout(Time now, Outbox& out) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        Relay relay = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        switch (relay.step) {
            case Step::repeat:
                if (const auto member = context_.table.find(*relay.member)) {
                    ping(relay, member->name(), out);
                }
                relay.step = Step::nack;
                waiting_.emplace(now + relay.timeout, relay);
                break;
            case Step::nack:
                if (relay.nack) send_nack(relay, out);
                if (!relay.member) break;
                silent_.push_back(*relay.member);
                // Rule F1: a late ack is still worth forwarding.
                relay.step = Step::forget;
                if (relay.end > now) waiting_.emplace(relay.end, relay);
                break;
            case Step::forget:
                break;
        }
    }
}

void Relays::send_nack(const Relay& relay, Outbox& out) {
    ++context_.stats.nacks_sent;
    packets_.send_with_gossip(relay.requester, packets_.encode([&](ByteWriter& w) {
        wire::encode(wire::Nack{.sequence = relay.theirs}, w);
    }),
                              {}, out);
}

std::optional<MemberId> Relays::pop_silent() {
    if (silent_.empty()) return {};
    const MemberId member = silent_.back();
    silent_.pop_back();
    return member;
}

std::optional<Time> Relays::next_deadline() const {
    if (waiting_.empty()) return {};
    return waiting_.begin()->first;
}

}  // namespace rollcall::membership
