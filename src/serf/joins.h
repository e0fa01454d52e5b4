// SPDX-License-Identifier: Apache-2.0
//
// Running joins and rejoins.
#pragma once

#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/node.h"
#include "serf/command_error.h"
#include "serf/context.h"
#include "serf/intents.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Joins {
public:
    struct Kind {
        bool replay = false;    // old events are delivered
        bool announce = false;  // an intent follows
    };

    Joins(Context& context, Intents& intents) : context_{context}, intents_{intents} {}

    Result<RequestId, CommandError> start(Time now, std::span<const membership::JoinPeer> peers,
                                          Kind kind, Outbox& out);
    // Membership's part of one is finished. A join of another machine is ignored.
    void finished(Time now, const membership::JoinFinished& event, Outbox& out);
    // Whether a join runs that ignores events from before it.
    [[nodiscard]] bool skip_old_events() const;

private:
    struct Join {
        RequestId request;
        Kind kind;
    };

    Context& context_;
    Intents& intents_;
    std::vector<Join> joins_;
};

}  // namespace rollcall::serf
