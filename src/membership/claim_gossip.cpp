// SPDX-License-Identifier: Apache-2.0
#include "membership/claim_gossip.h"

namespace rollcall::membership {

bool ClaimGossip::is_idle_talk(std::string_view subject) const {
    // A share of the queue, and nothing of it once most strangers are found silent.
    const std::size_t share = context_.config.max_broadcasts / 4;
    if (!context_.hearsay.overrun() && context_.broadcasts.size() < share) return false;
    const auto id = context_.table.id_of(subject);
    const bool idle =
        id && context_.hearsay.is_stranger(*id) && !context_.hearsay.has_introduced_itself(*id);
    if (idle) ++context_.stats.strangers_ungossiped;
    return idle;
}

void ClaimGossip::queue_alive(const Member& member, std::string_view key,
                              BroadcastQueue::Token token, Outbox& out) {
    if (is_idle_talk(member.name())) return;
    const Bytes message =
        packets_.encode([&](ByteWriter& writer) { wire::encode(alive_claim(member), writer); });
    queue(key, message, token, member.name(), Reach::usual, out);
}

void ClaimGossip::queue_accusation(ClaimKind kind, const wire::Accusation& claim,
                                   BroadcastQueue::Token token, Outbox& out) {
    if (is_idle_talk(claim.node)) return;
    const Bytes message = packets_.encode([&](ByteWriter& writer) {
        if (kind == ClaimKind::suspect) {
            wire::encode_suspect(claim, writer);
        } else {
            wire::encode_dead(claim, writer);
        }
    });
    queue(claim.node, message, token, claim.from, reach_of(kind, claim), out);
}

// Rule G1. A member that claims its own death leaves.
Reach ClaimGossip::reach_of(ClaimKind kind, const wire::Accusation& claim) const {
    const bool verdict = kind == ClaimKind::dead && claim.from != claim.node;
    return verdict && context_.config.variant.looking ? Reach::wide : Reach::usual;
}

// A message that no packet can carry would wait indefinitely.
void ClaimGossip::queue(std::string_view key, Bytes message, BroadcastQueue::Token token,
                        std::string_view originator, Reach reach, Outbox& out) {
    if (message.empty() || message.size() > context_.longest_broadcast()) {
        return context_.broadcasts.refuse(token);
    }
    if (context_.config.variant.multicast) return multicast(message, out);
    context_.broadcasts.queue(key, message, token, informed(context_.table.id_of(originator)),
                              reach);
}

// Rule V4: a claim received in a packet was already sent to all members.
void ClaimGossip::multicast(Bytes message, Outbox& out) {
    if (context_.packet_from) return;
    for (const MemberId id : context_.table.ids()) {
        const Member member = *context_.table.find(id);
        if (id == context_.self || !member.is_live()) continue;
        packets_.send_bare(member.endpoint(), std::span{&message, 1}, takes_checksum(member), out);
    }
}

// The members that know the message already: its author, and the sender of the current packet.
std::span<const MemberId> ClaimGossip::informed(std::optional<MemberId> first) {
    std::size_t count = 0;
    if (first && *first != context_.self) informed_[count++] = *first;
    if (const auto sender = context_.packet_sender()) informed_[count++] = *sender;
    return std::span{informed_}.first(count);
}

}  // namespace rollcall::membership
