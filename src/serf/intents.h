// SPDX-License-Identifier: Apache-2.0
//
// Join and leave intents (rules I2, I4, I5, I7). Applies them to the table, or keeps them until the
// member appears, and gossips new ones.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/intent_buffer.h"
#include "serf/member_events.h"
#include "serf/messages.h"
#include "serf/outbox.h"
#include "serf/prunes.h"
#include "serf/queues.h"
#include "serf/rejects.h"

namespace rollcall::serf {

class Intents {
public:
    Intents(Context& context, MemberEvents& member_events, Prunes& prunes, Rejects& rejects)
        : context_{context}, member_events_{member_events}, prunes_{prunes}, rejects_{rejects} {}

    void join_received(Time now, Bytes message, Outbox& out);
    void leave_received(Time now, Bytes message, Outbox& out);

    // True: it is new, so it is gossiped. The time is witnessed already.
    bool apply(Time now, std::string_view name, Intent intent, bool prune, Outbox& out);
    // Sends a join intent about ourselves: after a join, and against a leave intent about us.
    void announce_ourselves(Time now, Outbox& out);
    // Sends an intent of ours. The token is finished once it was gossiped often enough.
    void send_leave(Time now, const LeaveIntent& intent, Queues::Token token, Outbox& out);
    // Rule S7: the leave intent, without which a Serf peer reports the leave as a failure.
    void append_leave_message(std::string_view name, std::vector<std::byte>& message) const;

private:
    void send_directly(Time now, Bytes message, Outbox& out);

    Context& context_;
    MemberEvents& member_events_;
    Prunes& prunes_;
    Rejects& rejects_;
};

}  // namespace rollcall::serf
