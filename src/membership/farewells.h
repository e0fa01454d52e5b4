// SPDX-License-Identifier: Apache-2.0
//
// Handing on the knowledge that a member left (rules S7 and L3). Gossip sends each message a
// bounded number of times, so it can miss a member; that one would probe a process that is gone and
// declare it failed. So the leaver sends its leave directly to the others, a few at a time, and
// answers their pings with it; and a member that knows of the leave answers an accusation with it.
// Leaves are remembered for a while after the table has forgotten the member.
//
// Bounds: answers go to members only, at the address that the table has for them, once a second for
// each pair of recipient and subject, and kAnswersPerSecond in all. What is beyond that is counted
// and not sent.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"

namespace rollcall::membership {

class Farewells {
public:
    Farewells(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // We leave: who is to be told directly. The first of them are told now.
    void begin(Outbox& out);
    // Called with each round of gossip: the next of them.
    void round(Outbox& out);
    [[nodiscard]] bool pending() const { return next_listener_ < listeners_.size(); }

    // `accuser` accuses a member that left, at an incarnation that is not newer than the leave. It
    // and the sender of the packet at hand are told.
    void answer_accusation(Time now, MemberId subject, std::string_view accuser, Outbox& out);
    // The same about a name that the table does not have (any more).
    void answer_accusation(Time now, std::string_view subject, Incarnation accused,
                           std::string_view accuser, Outbox& out);
    // `asker` pings the subject, or asks us to, and so does not know that it left.
    void answer_ping(Time now, MemberId subject, std::string_view asker, Outbox& out);

    // A newer accusation of a member that left: it came back in between, and its stored incarnation
    // is no longer that of its leave.
    void superseded(MemberId subject);
    // False: the member left once, and was alive again since.
    [[nodiscard]] bool is_current(MemberId subject) const;
    // The table is about to forget the member.
    void reaped(Time now, MemberId subject);
    // The member is back.
    void returned(MemberId subject);

private:
    static constexpr unsigned kAnswersPerSecond = 64;

    struct Told {
        MemberId to;
        std::uint64_t subject = 0;  // hash of its name
        Time at{};
    };
    struct Departed {
        std::string name;
        Incarnation incarnation;
        Time forgotten{};
    };

    void tell_both(Time now, std::string_view subject, Incarnation incarnation,
                   std::string_view accuser, Outbox& out);
    void tell_once(Time now, std::string_view subject, Incarnation incarnation, MemberId to,
                   Outbox& out);
    [[nodiscard]] bool may_tell(Time now, std::string_view subject, MemberId to);
    [[nodiscard]] bool has_room(Time now);
    void tell(const Member& to, std::string_view subject, Incarnation incarnation, Outbox& out);

    Context& context_;
    Packets& packets_;
    std::vector<MemberId> listeners_;
    std::size_t next_listener_ = 0;
    std::vector<MemberId> superseded_;
    std::deque<Departed> departed_;  // the oldest first
    std::array<Told, kAnswersPerSecond> told_{};
    std::size_t told_count_ = 0;  // since the beginning
    Time second_from_ = Time::min();
    unsigned told_this_second_ = 0;
    std::vector<std::byte> words_;
};

}  // namespace rollcall::membership
