// SPDX-License-Identifier: Apache-2.0
//
// The part of Beliefs that decides who has a name (rule S2).
#include <chrono>

#include "membership/beliefs.h"

namespace rollcall::membership {

// Rule S2: whether the member's name may be used at another address.
bool Beliefs::is_free(const Member& member, Time now) const {
    if (member.state == State::left) return true;
    const Duration reclaim = context_.config.dead_node_reclaim;
    return member.state == State::dead && reclaim > Duration{} &&
           now - member.state_changed > reclaim;
}

// One that never answered us may be a lie about the address.
bool Beliefs::may_take_over(MemberId id, Time now) const {
    return is_free(*context_.table.find(id), now) ||
           (context_.config.variant.looking && context_.hearsay.is_stranger(id));
}

// Rule S2: the name is free. Its incarnations start from 1 again.
void Beliefs::take_over(Time now, MemberId id, const wire::Alive& claim, std::uint16_t port,
                        const Origin& origin, Outbox& out) {
    if (!beatable(ClaimKind::alive, claim.incarnation)) {
        ++context_.stats.claims_unbeatable;
        return;
    }
    if (!admission_.in_allowed_network(claim.address)) return;
    if (is_free(*context_.table.find(id), now) && !takeovers_.in_doubt(id)) {
        return adopt_alive(now, id, claim, port, origin, out);
    }
    const bool held = takeovers_.hold(
        now, {KeptClaim::of(claim, port), id, origin.from, origin.kind == Origin::Kind::stream},
        out);
    if (!held) conflicts_.report(now, id, claim.address, port, out);
    if (const auto there = Endpoint::from_wire(claim.address, port)) {
        move_.on_peer_moved(*there, takes_checksum(*context_.table.find(id)), out);  // rule S8
    }
}

void Beliefs::decide_takeovers(Time now, Outbox& out) {
    takeovers_.handle_timeout(now, out);
    while (const auto decided = takeovers_.pop_decided(now)) {
        const HeldClaim& held = decided->claim;
        const auto kind = held.by_stream ? Origin::Kind::stream : Origin::Kind::datagram;
        if (!decided->silent || !may_take_over(held.member, now)) {
            ++context_.stats.takeovers_refused;
            conflicts_.report(now, held.member, held.address, held.port, out);
            continue;
        }
        ++context_.stats.takeovers;
        adopt_alive(now, held.member, held.claim(), held.port, {kind, held.source}, out);
    }
}

}  // namespace rollcall::membership
