// SPDX-License-Identifier: Apache-2.0
//
// Handles membership's events about members, together with the intents that waited for them (rules
// I1, I2, I5).
#pragma once

#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/context.h"
#include "serf/member_events.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Presence {
public:
    Presence(Context& context, MemberEvents& member_events)
        : context_{context}, member_events_{member_events} {}

    void joined(Time now, const membership::MemberJoined& event, Outbox& out);
    void updated(const membership::MemberUpdated& event, Outbox& out);
    void failed(Time now, const membership::MemberFailed& event, Outbox& out);
    void left(Time now, const membership::MemberLeft& event, Outbox& out);
    // Membership forgot a member that never answered (rule S9 of membership): so do we.
    void reaped(const membership::MemberReaped& event, Outbox& out);
    void probe_ended(Time now, const membership::ProbeEnded& event);

private:
    [[nodiscard]] MemberView view_of(const membership::About& about);
    void make_room_for(std::string_view name, Outbox& out);

    Context& context_;
    MemberEvents& member_events_;
};

}  // namespace rollcall::serf
