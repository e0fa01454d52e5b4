// SPDX-License-Identifier: Apache-2.0
//
// Applies claims to the member table: looks them up in the decision tables of claims.h and carries
// out the verdict: state, suspicion timer, broadcast, event. Every change of a member's state goes
// through here. Rules S1-S6, T3.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "membership/admission.h"
#include "membership/answers.h"
#include "membership/claim_gossip.h"
#include "membership/claims.h"
#include "membership/conflict_reports.h"
#include "membership/context.h"
#include "membership/doubts.h"
#include "membership/last_words.h"
#include "membership/leave_notifier.h"
#include "membership/move.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/ring_watch.h"
#include "membership/suspicion.h"
#include "membership/takeovers.h"
#include "membership/upper_steps.h"
#include "wire/messages.h"

namespace rollcall::membership {

// Where a claim came from: the sender, which need not be the author of the claim.
struct Origin {
    enum class Kind : std::uint8_t {
        ourselves,  // our own probe, our own timer
        datagram,
        stream,  // a push/pull
    };
    Kind kind = Kind::ourselves;
    Endpoint from;            // unused for ourselves
    bool calls_dead = false;  // in a push/pull, where that is an accusation only
    // The reasons, for events; borrowed.
    const ProbeEvidence* evidence = nullptr;     // of our own probe that failed
    std::span<const std::string> accusers = {};  // of our own suspicion that ran out
    const VigilEvidence* vigil = nullptr;        // of our own vigil

    // Whether the sender is at that address; of a stream only the host is known.
    [[nodiscard]] bool is_from(const Endpoint& home) const {
        switch (kind) {
            case Kind::datagram:
                return from == home;
            case Kind::stream:
                return from.ip == home.ip;
            case Kind::ourselves:
                break;
        }
        return false;
    }
    // Whether the member sent it. Nearly all are sent by others, which costs one comparison.
    [[nodiscard]] bool is_from(const Member& member) const {
        const Bytes ip = member.address_bytes();
        return std::ranges::equal(ip, std::span{from.ip}.last(ip.size())) &&
               is_from(member.endpoint());
    }
    [[nodiscard]] ClaimSource source() const {  // for events
        switch (kind) {
            case Kind::datagram:
                return {.kind = ClaimSource::Kind::gossip, .from = from};
            case Kind::stream:
                return {.kind = ClaimSource::Kind::push_pull, .from = from};
            case Kind::ourselves:
                break;
        }
        return {};
    }
};

class Beliefs {
public:
    Beliefs(Context& context, Packets& packets, Move& move, StreamPinger& streams)
        : context_{context},
          packets_{packets},
          admission_{context},
          conflicts_{context},
          claims_{context, packets},
          leave_notifier_{context, packets},
          answers_{context, packets},
          move_{move},
          takeovers_{context, packets, streams},
          last_words_{context, packets} {}

    // Enters ourselves into the table, or announces our changed metadata: incarnation + 1.
    void announce_self(Time now, Bytes meta, BroadcastQueue::Token token, Outbox& out);
    // Declares ourselves left.
    void leave(Time now, BroadcastQueue::Token token, Outbox& out);

    void alive(Time now, const wire::Alive& claim, const Origin& origin, Outbox& out);
    void suspect(Time now, const wire::Accusation& claim, const Origin& origin, Outbox& out);
    void dead(Time now, const wire::Accusation& claim, const Origin& origin, Outbox& out);

    // Adds a member that is already known: no broadcast, no event. False: in the table already (or
    // ourselves), or refused and counted.
    bool add_known(Time now, const wire::Alive& claim, State state);

    // Rule F4: a vigil found that a suspect is dead.
    void condemn(Time now, MemberId id, const VigilEvidence& vigil, Outbox& out);
    // Declares the members dead whose suspicion expired, after their last word (rule F5).
    void expire_suspicions(Time now, Outbox& out);
    // Rule S2: asks old addresses again, and decides the claims whose time is over.
    void decide_takeovers(Time now, Outbox& out);
    [[nodiscard]] Takeovers& takeovers() { return takeovers_; }
    // Rule S5: where to exchange states now, with a member whose number may have been forged.
    [[nodiscard]] std::optional<Endpoint> doubtful_member(Time now);
    // Rule Z1: no suspect had its full time to refute.
    void restart_suspicions(Time now);
    // True when the number belongs to the last word of a suspect, or to a ping of an old address.
    bool ack_arrived(SequenceNumber sequence) {
        return last_words_.ack_arrived(sequence) || takeovers_.ack_arrived(sequence);
    }
    [[nodiscard]] std::optional<Time> next_deadline() const;
    // Rule F7: the member that we watch.
    [[nodiscard]] std::optional<MemberId> successor() {
        return ring_.successor(context_.table, context_.self);
    }
    [[nodiscard]] LeaveNotifier& leave_notifier() { return leave_notifier_; }
    [[nodiscard]] const LeaveNotifier& leave_notifier() const { return leave_notifier_; }
    [[nodiscard]] Suspicions& suspicions() { return suspicions_; }
    [[nodiscard]] const Suspicions& suspicions() const { return suspicions_; }

    // Rule S9: a stranger that kept silent, or gives way: it is no member any more. Nothing is
    // gossiped.
    void forget_stranger(Time now, MemberId id, Outbox& out);
    // Rule G4: removes members that were dead or left for longer than gossip_to_the_dead.
    void reap(Time now, Outbox& out);

    // Others may have an outdated address of ours (rule S2): announce ourselves more often.
    [[nodiscard]] bool contested(Time now) const { return now < contested_until_; }
    void mark_contested(Time now);

private:
    bool believable(Time now, ClaimKind kind, Incarnation theirs, MemberId id,
                    const Origin& origin);
    // Rule S5: the member itself speaks by a stream of its own, where that counts for more.
    [[nodiscard]] static bool is_held_already(const wire::Alive& claim, std::uint16_t port,
                                              const Member& member);
    [[nodiscard]] static bool is_own_word(const wire::Alive& claim, std::uint16_t port,
                                          const Member& member, const Origin& origin);
    [[nodiscard]] bool is_free(const Member& member, Time now) const;
    [[nodiscard]] bool may_take_over(MemberId id, Time now) const;
    std::optional<MemberId> admit(Time now, const wire::Alive& claim, std::uint16_t port,
                                  const Origin& origin, Outbox& out);
    void erase(Time now, MemberId id, bool stranger, Outbox& out);
    void take_over(Time now, MemberId id, const wire::Alive& claim, std::uint16_t port,
                   const Origin& origin, Outbox& out);
    void alive_about_self(Time now, const wire::Alive& claim, const Origin& origin, Outbox& out);
    void adopt_alive(Time now, MemberId id, const wire::Alive& claim, std::uint16_t port,
                     const Origin& origin, Outbox& out);
    void answer_claim(Time now, ClaimKind kind, Incarnation theirs, std::string_view from,
                      bool same, const Origin& origin, Outbox& out);
    void refute(ClaimKind kind, Incarnation accused, std::string_view from, const Origin& origin,
                Outbox& out);
    void announce_alive(Outbox& out);
    void doubt_sender(Time now, const Endpoint& from);
    // Our own verdict: a dead message in our name.
    void declare(Time now, MemberId id, const Origin& evidence, Outbox& out);
    void declare_expired(Time now, const Suspicions::Expired& expired, Outbox& out);
    void start_again(Time now, const Suspicions::Expired& expired);
    void answer_accuser(Time now, const Origin& origin, Outbox& out);
    // An accusation that changes nothing here: its sender may not know that the member left, or
    // that it refuted.
    void answer_stale_accusation(Time now, MemberId id, const wire::Accusation& claim,
                                 bool suspicion, const Origin& origin, Outbox& out);
    // Its subject learns what we hold of it, if it may not know: its death, or another claim of it.
    void answer_unadopted(Time now, MemberId id, const wire::Alive& claim, std::uint16_t port,
                          const Origin& origin, Outbox& out);
    void record_accusation(MemberId id, Incarnation theirs);
    void set_state(MemberId id, State state, Time now);

    Context& context_;
    Packets& packets_;
    Admission admission_;
    ConflictReports conflicts_;
    ClaimGossip claims_;
    LeaveNotifier leave_notifier_;
    Answers answers_;
    Move& move_;
    Takeovers takeovers_;
    UpperSteps upper_steps_;
    Doubts doubts_;
    Suspicions suspicions_;
    LastWords last_words_;
    RingWatch ring_;
    Time contested_until_ = Time::min();
    std::vector<MemberId> reaped_;
};

}  // namespace rollcall::membership
