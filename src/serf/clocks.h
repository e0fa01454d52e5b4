// SPDX-License-Identifier: Apache-2.0
//
// The three Lamport clocks in a push/pull: ours follow those of the peers (rule C1). When one of
// them falls back, what was recorded at later times is forgotten: nothing of it could be outdone.
#pragma once

#include "base/time.h"
#include "serf/context.h"
#include "serf/incoming_queries.h"
#include "serf/outbox.h"
#include "serf/push_pull_state.h"
#include "serf/rejects.h"
#include "serf/user_events.h"

namespace rollcall::serf {

class Clocks {
public:
    Clocks(Context& context, Rejects& rejects, UserEvents& user_events, IncomingQueries& queries)
        : context_{context}, rejects_{rejects}, user_events_{user_events}, queries_{queries} {}

    // False: no member can have such clocks. Nothing was changed.
    [[nodiscard]] bool possible(const PushPullState& state) const;
    void follow(Time now, const PushPullState& state, Outbox& out);

private:
    // True: the clock fell back.
    bool follow(Time now, LamportClock& clock, LamportTime next, Outbox& out);

    Context& context_;
    Rejects& rejects_;
    UserEvents& user_events_;
    IncomingQueries& queries_;
};

}  // namespace rollcall::serf
