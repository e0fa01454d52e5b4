// SPDX-License-Identifier: Apache-2.0
//
// Sends leave claims directly, beside gossip (rules S7 and L3). Gossip sends each message a bounded
// number of times, so it can miss a member, which would then probe a process that is gone and
// declare it failed. So the leaver sends its leave directly to the others, a few at a time, and
// answers their pings with it; and a member that knows of the leave answers an accusation with it.
// Leaves are kept for a while after the table has removed the member.
//
// Bounds: answers go to members only, at the address that the table has for them, once a second for
// each pair of recipient and subject, and kAnswersPerSecond in all. Answers beyond that are counted
// and not sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"

namespace rollcall::membership {

class LeaveNotifier {
public:
    LeaveNotifier(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // We leave: selects the recipients and sends to the first of them.
    void begin(Outbox& out);
    // Called with each gossip round: sends to the next of them.
    void round(Outbox& out);
    [[nodiscard]] bool pending() const { return next_recipient_ < recipients_.size(); }

    // `accuser` accuses a member that left, at an incarnation that is not newer than the leave. The
    // leave is sent to it and to the sender of the current packet.
    void answer_accusation(Time now, MemberId subject, std::string_view accuser, Outbox& out);
    // The same about a name that is not (or no longer) in the table.
    void answer_accusation(Time now, std::string_view subject, Incarnation accused,
                           std::string_view accuser, Outbox& out);
    // `asker` pings the subject, or asks us to, and so does not know that it left.
    void answer_ping(Time now, MemberId subject, std::string_view asker, Outbox& out);

    // A newer accusation of a member that left: it came back in between, so its stored incarnation
    // is no longer that of its leave.
    void superseded(MemberId subject);
    // False: the member has been alive again since it left.
    [[nodiscard]] bool is_current(MemberId subject) const;
    // The table is about to remove the member.
    void reaped(Time now, MemberId subject);
    // The member is back.
    void returned(MemberId subject);

private:
    static constexpr unsigned kAnswersPerSecond = 64;

    struct Notified {
        MemberId to;
        std::uint64_t subject = 0;  // hash of its name
        Time at{};
    };
    struct Departed {
        std::string name;
        Incarnation incarnation;
        Time forgotten{};
    };

    void notify_both(Time now, std::string_view subject, Incarnation incarnation,
                     std::string_view accuser, Outbox& out);
    void notify_once(Time now, std::string_view subject, Incarnation incarnation, MemberId to,
                     Outbox& out);
    [[nodiscard]] bool may_notify(Time now, std::string_view subject, MemberId to);
    [[nodiscard]] bool has_room(Time now);
    void send_leave(const Member& to, std::string_view subject, Incarnation incarnation,
                    Outbox& out);

    Context& context_;
    Packets& packets_;
    std::vector<MemberId> recipients_;
    std::size_t next_recipient_ = 0;
    std::vector<MemberId> superseded_;
    std::vector<Departed> departed_;  // the oldest first
    std::vector<Notified> notified_;  // the last kAnswersPerSecond, as a ring
    std::size_t next_notified_ = 0;   // the oldest of a full ring
    Time second_from_ = Time::min();
    unsigned answers_this_second_ = 0;
    std::vector<std::byte> leave_message_;
};

}  // namespace rollcall::membership
