// SPDX-License-Identifier: Apache-2.0
//
// Our own leave, rule I4: carries out the steps that Leave returns, and maintains Context::life.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/command_error.h"
#include "serf/context.h"
#include "serf/intents.h"
#include "serf/leave.h"
#include "serf/outbox.h"
#include "serf/queues.h"

namespace rollcall::serf {

class Leaving {
public:
    Leaving(Context& context, Intents& intents) : context_{context}, intents_{intents} {}

    Result<RequestId, CommandError> start(Time now, Outbox& out);
    // An intent was gossiped often enough. True: it was ours.
    bool intent_sent(Queues::Token token);
    // Membership's part is finished.
    void announced(Time now, const membership::LeaveFinished& event);

    // The steps that are due, each after membership's events of the previous one were processed.
    // True: membership's leave was started.
    bool announce(Time now, Outbox& out);
    void finish(Outbox& out);

    void handle_timeout(Time now) { leave_.expire(now); }
    [[nodiscard]] std::optional<Time> next_deadline() const { return leave_.deadline(); }

private:
    Context& context_;
    Intents& intents_;
    Leave leave_;
    Queues::Token token_ = 0;  // of the intent
};

}  // namespace rollcall::serf
