// SPDX-License-Identifier: Apache-2.0
#include "membership/beliefs.h"

namespace rollcall::membership {
namespace {

// After a restart at a new address, others need at most a suspicion timeout and a reclaim time to
// drop the old address.
constexpr Duration kContestedFor = std::chrono::seconds{120};

// On the wire a suspicion learned by push/pull is signed with our own name; the event names the
// peer that sent the state.
std::string accuser_of(const wire::Accusation& claim, const Origin& origin) {
    if (origin.kind == Origin::Kind::stream) return "push-pull with " + origin.from.to_string();
    return std::string{claim.from};
}

}  // namespace

void Beliefs::announce_self(Time now, Bytes meta, BroadcastQueue::Token token, Outbox& out) {
    const Config& config = context_.config;
    const Announcement ours{.name = config.name,
                            .meta = as_text(meta),
                            .address = config.address,
                            .port = config.port,
                            .versions = config.versions};
    const bool first = context_.table.size() == 0;
    if (first) context_.self = *context_.table.insert(ours);
    const bool changed = context_.me().meta() != ours.meta;
    context_.table.set_profile(context_.self, ours);
    // At the top of the range it stays: one more would wrap to 0, and peers would ignore all our
    // later claims.
    if (const Incarnation before = context_.me().incarnation; before < kHighestAlive) {
        context_.table.set_incarnation(context_.self, before.next());
    }
    if (first) set_state(context_.self, State::alive, now);
    const Member me = context_.me();
    claims_.queue_alive(me, me.name(), token, out);
    if (first) {
        out.notify(MemberJoined{about(context_.self, me)});
    } else if (changed) {
        out.notify(MemberUpdated{about(context_.self, me)});
    }
}

void Beliefs::leave(Time now, BroadcastQueue::Token token, Outbox& out) {
    context_.leaving = true;
    set_state(context_.self, State::left, now);
    const Member me = context_.me();
    claims_.queue_accusation(ClaimKind::dead,
                             {.node = me.name(), .incarnation = me.incarnation, .from = me.name()},
                             token, out);
    leave_notifier_.begin(out);
    out.notify(MemberLeft{about(context_.self, me)});
}

void Beliefs::alive(Time now, const wire::Alive& claim, const Origin& origin, Outbox& out) {
    const auto known = context_.table.id_of(claim.node);
    const bool about_self = known && *known == context_.self;
    if (about_self && context_.leaving) return;
    if (!admission_.acceptable(claim)) return;

    const std::uint16_t port = context_.port_or_default(claim.port);
    if (!known) {
        if (const auto id = admit(now, claim, port, origin, out)) {
            adopt_alive(now, *id, claim, port, origin, out);
        }
        return;
    }

    const Member member = *context_.table.find(*known);
    const bool by_itself = origin.is_from(member);
    if (!by_itself && !about_self && is_held_already(claim, port, member)) return;
    const bool by_stream = by_itself && origin.kind == Origin::Kind::stream;
    if (by_itself) context_.hearsay.introduced(*known);
    if (by_stream) doubts_.settle(*known);
    const bool moved =
        member.port() != port || !std::ranges::equal(member.address_bytes(), claim.address.bytes());
    if (moved && about_self && move_.was_ours(claim.address, port, claim.incarnation)) {
        ++context_.stats.former_claims;  // rule S8: an echo of our own claim
        mark_contested(now);
        return;
    }
    if (moved && (about_self || !may_take_over(*known, now))) {  // rule S2
        conflicts_.report(now, *known, claim.address, port, out);
        if (about_self) {
            mark_contested(now);
        } else if (const auto there = Endpoint::from_wire(claim.address, port)) {
            move_.on_peer_moved(*there, takes_checksum(member), out);  // rule S8
        }
        return;
    }
    if (about_self) {
        alive_about_self(now, claim, origin, out);
        return;
    }
    if (moved) return take_over(now, *known, claim, port, origin, out);
    if (member.state == State::dead && context_.config.variant.deaths_are_final) return;
    if (is_own_word(claim, port, member, origin)) {
        return adopt_alive(now, *known, claim, port, origin, out);
    }
    if (!believable(now, ClaimKind::alive, claim.incarnation, *known, origin)) return;
    if (judge_other(member.state, member.incarnation, ClaimKind::alive, claim.incarnation) !=
        Verdict::adopt) {
        return answer_unadopted(now, *known, claim, port, origin, out);
    }
    adopt_alive(now, *known, claim, port, origin, out);
    if (!by_stream && is_doubtful_step(member.incarnation, claim.incarnation)) {
        doubts_.add(now, *known);  // rule S5
    }
}

std::optional<Endpoint> Beliefs::doubtful_member(Time now) {
    while (const auto id = doubts_.pop_due(now)) {
        const auto member = context_.table.find(*id);
        if (member) return member->endpoint();  // in any state: it may be a forged one
        doubts_.settle(*id);
    }
    return {};
}

std::optional<MemberId> Beliefs::admit(Time now, const wire::Alive& claim, std::uint16_t port,
                                       const Origin& origin, Outbox& out) {
    const auto at = Endpoint::from_wire(claim.address, port);
    const Hearsay::Source source{.from = origin.from,
                                 .introduced = at && origin.is_from(*at),
                                 .asked_for = context_.answer_to_join};
    if (!admission_.may_be_reported(now, claim, port, source)) return {};
    if (const auto id = admission_.giving_way(now, source)) {
        ++context_.stats.strangers_displaced;
        forget_stranger(now, *id, out);
    }
    const auto id = admission_.admit(claim, port);
    if (!id) return {};
    context_.hearsay.reported(*id, source);
    const bool by_stream = source.introduced && origin.kind == Origin::Kind::stream;
    if (!by_stream && is_doubtful_step({}, claim.incarnation)) doubts_.add(now, *id);  // rule S5
    return id;
}

bool Beliefs::add_known(Time now, const wire::Alive& claim, State state) {
    if (context_.table.id_of(claim.node) || !admission_.acceptable(claim)) return false;
    const auto id = admission_.admit(claim, context_.port_or_default(claim.port));
    if (!id) return false;
    context_.table.set_incarnation(*id, claim.incarnation);
    set_state(*id, state == State::suspect ? State::alive : state, now);
    return true;
}

void Beliefs::suspect(Time now, const wire::Accusation& claim, const Origin& origin, Outbox& out) {
    if (!context_.config.variant.suspicion) return dead(now, claim, origin, out);  // rule V1
    if (!admission_.acceptable(claim)) return;
    const auto id = context_.table.id_of(claim.node);
    if (!id) {
        return leave_notifier_.answer_accusation(now, claim.node, claim.incarnation, claim.from,
                                                 out);
    }
    if (*id == context_.self) {
        if (context_.leaving) return leave_notifier_.answer_accusation(now, *id, claim.from, out);
        answer_claim(now, ClaimKind::suspect, claim.incarnation, claim.from, false, origin, out);
        return answer_accuser(now, origin, out);
    }

    const Member member = *context_.table.find(*id);
    if (!believable(now, ClaimKind::suspect, claim.incarnation, *id, origin)) return;
    switch (judge_other(member.state, member.incarnation, ClaimKind::suspect, claim.incarnation)) {
        case Verdict::ignore:
            return answer_stale_accusation(now, *id, claim, true, origin, out);
        case Verdict::record:
            return record_accusation(*id, claim.incarnation);
        case Verdict::confirm:
            // Rule Z2: gossiped even if it confirms nothing, so that one who knows of the death
            // answers.
            if (suspicions_.confirm(*id, claim.from) ||
                (origin.calls_dead && context_.config.variant.looking)) {
                claims_.queue_accusation(ClaimKind::suspect, claim, 0, out);
            }
            return;
        case Verdict::adopt:
            context_.table.set_incarnation(*id, claim.incarnation);
            set_state(*id, State::suspect, now);
            ++context_.stats.suspicions;
            suspicions_.start(now, *id, claim.incarnation, claim.from,
                              suspicion_bounds(context_.config, context_.scaled_members()));
            claims_.queue_accusation(ClaimKind::suspect, claim, 0, out);
            out.notify(MemberSuspected{
                context_.about(*id), accuser_of(claim, origin),
                origin.evidence != nullptr ? std::optional{*origin.evidence} : std::nullopt,
                origin.source()});
            return;
    }
}

void Beliefs::dead(Time now, const wire::Accusation& claim, const Origin& origin, Outbox& out) {
    if (!admission_.acceptable(claim)) return;
    const bool left = claim.from == claim.node;
    const auto id = context_.table.id_of(claim.node);
    if (!id) {
        if (left) return;
        return leave_notifier_.answer_accusation(now, claim.node, claim.incarnation, claim.from,
                                                 out);
    }
    if (*id == context_.self) {
        if (context_.config.variant.deaths_are_final) return;  // rule V1
        context_.for_former_self =
            left && (context_.leaving || move_.left_at(claim.incarnation));  // rule S2
        if (context_.leaving && !left) {
            return leave_notifier_.answer_accusation(now, *id, claim.from, out);
        }
        answer_claim(now, ClaimKind::dead, claim.incarnation, claim.from, false, origin, out);
        return answer_accuser(now, origin, out);
    }

    const Member member = *context_.table.find(*id);
    // The source of a datagram is easily forged.
    const bool by_itself = left && origin.kind == Origin::Kind::stream && origin.is_from(member);
    if (!believable(now, ClaimKind::dead, claim.incarnation, *id, origin)) return;
    switch (judge_other(member.state, member.incarnation, left ? ClaimKind::leave : ClaimKind::dead,
                        claim.incarnation)) {
        case Verdict::ignore:
        case Verdict::confirm:
            if (!left) return answer_stale_accusation(now, *id, claim, false, origin, out);
            // Rule S2: what others said, the member says itself.
            if (member.state == State::left && claim.incarnation == member.incarnation && by_itself)
                takeovers_.left(*id, true);
            return;
        case Verdict::record:
            if (left) return context_.table.set_incarnation(*id, claim.incarnation);
            return record_accusation(*id, claim.incarnation);
        case Verdict::adopt:
            break;
    }
    // The accusers are borrowed from the suspicion that ends here.
    const std::vector<std::string> accusers{origin.accusers.begin(), origin.accusers.end()};
    suspicions_.stop(*id);
    context_.table.set_incarnation(*id, claim.incarnation);
    // A leave that is learned late does not delay the removal of its subject.
    set_state(*id, left ? State::left : State::dead, member.is_live() ? now : member.state_changed);
    claims_.queue_accusation(ClaimKind::dead, claim, 0, out);
    if (left) {
        takeovers_.left(*id, by_itself);
        // Gossip does not go to members that left, so a member that did not leave would never learn
        // of a forged leave. It gets this claim once, and refutes it. Limited (rule X4): an address
        // may be forged too.
        if (origin.kind != Origin::Kind::ourselves && context_.answer_limits.admits_echo(now)) {
            const Bytes message =
                packets_.encode([&](ByteWriter& writer) { wire::encode_dead(claim, writer); });
            if (!message.empty()) {
                packets_.send_bare(member.endpoint(), std::span{&message, 1},
                                   takes_checksum(member), out);
            }
        }
        out.notify(MemberLeft{context_.about(*id), origin.source()});
    } else {
        ++context_.stats.failures;
        out.notify(
            MemberFailed{context_.about(*id), std::string{claim.from}, accusers,
                         origin.vigil != nullptr ? std::optional{*origin.vigil} : std::nullopt,
                         origin.source()});
    }
}

void Beliefs::record_accusation(MemberId id, Incarnation theirs) {
    context_.table.set_incarnation(id, theirs);
    if (context_.table.find(id)->state == State::left) leave_notifier_.superseded(id);
}

void Beliefs::condemn(Time now, MemberId id, const VigilEvidence& vigil, Outbox& out) {
    const auto member = context_.table.find(id);
    if (!member || member->state != State::suspect) return;
    declare(now, id, {.accusers = suspicions_.accusers(id), .vigil = &vigil}, out);
}

void Beliefs::expire_suspicions(Time now, Outbox& out) {
    while (auto expired = suspicions_.pop_due(now)) {
        const auto member = context_.table.find(expired->member);
        if (!member || member->state != State::suspect) continue;
        if (!context_.config.variant.looking) {
            declare_expired(now, *expired, out);
        } else {
            last_words_.begin(now, *std::move(expired), out);
        }
    }
    last_words_.handle_timeout(now, out);
    while (const auto answered = last_words_.pop_answered()) start_again(now, *answered);
    while (const auto silent = last_words_.pop_silent(now)) {
        declare_expired(now, *silent, out);
    }
}

void Beliefs::declare_expired(Time now, const Suspicions::Expired& expired, Outbox& out) {
    const VigilEvidence* const vigil = expired.vigil ? &*expired.vigil : nullptr;
    declare(now, expired.member, {.accusers = expired.accusers, .vigil = vigil}, out);
}

void Beliefs::declare(Time now, MemberId id, const Origin& evidence, Outbox& out) {
    const Member member = *context_.table.find(id);
    dead(now,
         {.node = member.name(), .incarnation = member.incarnation, .from = context_.config.name},
         evidence, out);
}

void Beliefs::start_again(Time now, const Suspicions::Expired& expired) {
    if (!still_suspect(context_, expired)) return;
    suspicions_.start(now, expired.member, expired.incarnation, expired.accusers.front(),
                      expired.bounds);
}

void Beliefs::restart_suspicions(Time now) {
    suspicions_.restart_all(now);
    for (const Suspicions::Expired& expired : last_words_.give_up()) start_again(now, expired);
}

std::optional<Time> Beliefs::next_deadline() const {
    std::optional<Time> next = suspicions_.next_deadline();
    for (const auto at :
         {last_words_.next_deadline(), takeovers_.next_deadline(), doubts_.next_deadline()}) {
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

void Beliefs::reap(Time now, Outbox& out) {
    reaped_.clear();
    for (const MemberId id : context_.table.ids()) {
        const Member member = *context_.table.find(id);
        if (id != context_.self && !member.is_live() &&
            now - member.state_changed > context_.config.gossip_to_the_dead) {
            reaped_.push_back(id);
        }
    }
    for (const MemberId id : reaped_) erase(now, id, false, out);
}

void Beliefs::erase(Time now, MemberId id, bool stranger, Outbox& out) {
    out.notify(MemberReaped{std::string{context_.table.find(id)->name()}, stranger});
    leave_notifier_.reaped(now, id);
    takeovers_.forget(id);
    context_.rtt.forget(id);
    context_.hearsay.forget(id);
    context_.table.erase(id);
    ++context_.stats.reaped;
}

void Beliefs::forget_stranger(Time now, MemberId id, Outbox& out) {
    const Member member = *context_.table.find(id);
    context_.broadcasts.forget(member.name());
    if (member.is_live()) {
        suspicions_.stop(id);
        set_state(id, State::dead, now);
        out.notify(MemberFailed{context_.about(id), context_.config.name, {}, {}, {}});
    }
    erase(now, id, true, out);
}

void Beliefs::mark_contested(Time now) {
    contested_until_ = now + kContestedFor;
}

// Rule S5. Our own findings are always believed, and so is the member's own claim to be alive.
bool Beliefs::believable(Time now, ClaimKind kind, Incarnation theirs, MemberId id,
                         const Origin& origin) {
    if (origin.kind == Origin::Kind::ourselves) return true;
    const Member member = *context_.table.find(id);
    const Incarnation known = member.incarnation;
    const bool by_itself = kind == ClaimKind::alive && origin.is_from(member);
    bool good = by_itself ? beatable(kind, theirs)
                          : believable_from_others(kind, known, theirs,
                                                   context_.config.max_incarnation_jump);
    if (good && !by_itself && is_upper_step(known, theirs)) {
        good = upper_steps_.take(now, id, upper_step(known, theirs));
    }
    if (!good) ++context_.stats.claims_unbeatable;
    return good;
}

// Nearly every member of a received state.
bool Beliefs::is_held_already(const wire::Alive& claim, std::uint16_t port, const Member& member) {
    return member.state == State::alive && member.incarnation == claim.incarnation &&
           member.profile->matches(announced(claim, port));
}

bool Beliefs::is_own_word(const wire::Alive& claim, std::uint16_t port, const Member& member,
                          const Origin& origin) {
    if (origin.kind != Origin::Kind::stream || !origin.is_from(member)) return false;
    if (!own_word_counts(member.incarnation, claim.incarnation)) return false;
    return member.state != State::alive || member.incarnation != claim.incarnation ||
           !member.profile->matches(announced(claim, port));
}

void Beliefs::alive_about_self(Time now, const wire::Alive& claim, const Origin& origin,
                               Outbox& out) {
    const Member me = context_.me();
    const bool same =
        *claim.versions == me.versions() && as_text(claim.meta.value_or(Bytes{})) == me.meta();
    answer_claim(now, ClaimKind::alive, claim.incarnation, {}, same, origin, out);
}

void Beliefs::adopt_alive(Time now, MemberId id, const wire::Alive& claim, std::uint16_t port,
                          const Origin& origin, Outbox& out) {
    const Announcement content = announced(claim, port);
    const FoundMember known = context_.table.find(id);
    const State before = known->state;
    const bool changed =
        known->meta() != content.meta || known->address() != claim.address || known->port() != port;
    suspicions_.stop(id);
    context_.table.set_incarnation(id, claim.incarnation);
    context_.table.set_profile(id, content);
    if (before != State::alive) set_state(id, State::alive, now);
    if (before == State::dead || before == State::left) {
        leave_notifier_.returned(id);
        takeovers_.forget(id);
    }
    const Member member = *context_.table.find(id);
    claims_.queue_alive(member, member.name(), 0, out);

    if (before == State::dead || before == State::left) {
        out.notify(MemberJoined{about(id, member), origin.source()});
        return;
    }
    if (before == State::suspect) out.notify(SuspicionCleared{about(id, member), origin.source()});
    if (changed) out.notify(MemberUpdated{about(id, member)});
}

void Beliefs::answer_claim(Time now, ClaimKind kind, Incarnation theirs, std::string_view from,
                           bool same, const Origin& origin, Outbox& out) {
    const Incarnation ours = context_.me().incarnation;
    SelfVerdict verdict = judge_self(context_.leaving, ours, kind, theirs, same);
    if (verdict == SelfVerdict::refute && is_upper_step(ours, theirs) &&
        !upper_steps_.take(now, context_.self, upper_step(ours, theirs))) {
        verdict = SelfVerdict::insist;
    }
    switch (verdict) {
        case SelfVerdict::ignore:
            return;
        case SelfVerdict::refute:
            return refute(kind, theirs, from, origin, out);
        case SelfVerdict::insist:
            ++context_.stats.claims_unbeatable;
            // Others may believe it: our own word by stream counts for more (rule S5).
            mark_contested(now);
            if (origin.kind == Origin::Kind::datagram) doubt_sender(now, origin.from);
            return announce_alive(out);
    }
}

// Rule S5. Only members are asked, and a search of the table takes time.
void Beliefs::doubt_sender(Time now, const Endpoint& from) {
    if (!context_.answer_limits.admits_echo(now)) return;
    for (const MemberId id : context_.table.ids()) {
        if (context_.table.find(id)->is_at(from)) return doubts_.add(now, id);
    }
}

// Rule S4: one above the accusation.
void Beliefs::refute(ClaimKind kind, Incarnation accused, std::string_view from,
                     const Origin& origin, Outbox& out) {
    context_.table.set_incarnation(context_.self, accused.next());
    context_.awareness.apply(+1);
    ++context_.stats.refutations;
    announce_alive(out);
    out.notify(Refuted{kind, std::string{from}, accused, accused.next(), origin.source()});
}

// Keyed by our address, not our name: it replaces an older refutation and no other claim of ours.
void Beliefs::announce_alive(Outbox& out) {
    const Member me = context_.me();
    claims_.queue_alive(me, me.address().to_string(), 0, out);
}

void Beliefs::set_state(MemberId id, State state, Time now) {
    const bool was_live = context_.table.find(id)->is_live();
    context_.table.set_state(id, state, now);
    const bool is_live = context_.table.find(id)->is_live();
    if (is_live && !was_live) ++context_.live;
    if (!is_live && was_live) --context_.live;
    if (is_live != was_live) ring_.changed();
}

}  // namespace rollcall::membership
