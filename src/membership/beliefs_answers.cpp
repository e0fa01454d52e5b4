// SPDX-License-Identifier: Apache-2.0
//
// The part of Beliefs that answers the sender or the subject of a claim, when it does not know what
// we know (rules F3, S4, S7).
#include "membership/beliefs.h"

namespace rollcall::membership {

// Rule S7.
void Beliefs::answer_stale_accusation(Time now, MemberId id, const wire::Accusation& claim,
                                      bool suspicion, const Origin& origin, Outbox& out) {
    if (origin.kind != Origin::Kind::datagram) return;
    const Member member = *context_.table.find(id);
    if (member.state == State::left && claim.incarnation <= member.incarnation) {
        leave_notifier_.answer_accusation(now, id, claim.from, out);
    }
    // Rule F3.
    const bool refuted = member.state == State::alive && claim.incarnation < member.incarnation;
    const bool dead = member.state == State::dead && claim.incarnation == member.incarnation &&
                      now - member.state_changed <= context_.config.gossip_to_the_dead;
    if (context_.config.variant.looking && (refuted || (dead && suspicion))) {
        answers_.send(now, id, origin.from, out);
    }
}

// Rule F3: who accuses us directly learns at once that we are alive.
void Beliefs::answer_accuser(Time now, const Origin& origin, Outbox& out) {
    if (!context_.config.variant.looking || context_.leaving) return;
    if (origin.kind == Origin::Kind::datagram) {
        answers_.send(now, context_.self, origin.from, out);
    }
}

void Beliefs::answer_unadopted(Time now, MemberId id, const wire::Alive& claim, std::uint16_t port,
                               const Origin& origin, Outbox& out) {
    if (!context_.config.variant.looking) return;
    const Member member = *context_.table.find(id);
    if (!member.is_live()) {
        // Rule S7: without third parties it would not learn of its death here.
        const bool direct = origin.kind == Origin::Kind::datagram && origin.is_from(member);
        if (direct) answers_.send(now, id, origin.from, out);
        return;
    }
    // Rule S4: of two claims with one incarnation one at least is not the member's own.
    const bool other =
        claim.incarnation == member.incarnation && !member.profile->matches(announced(claim, port));
    if (other && context_.answer_limits.admits_echo(now)) {
        answers_.send(now, id, member.endpoint(), out);
    }
}

}  // namespace rollcall::membership
