// SPDX-License-Identifier: Apache-2.0
#include "serf/clocks.h"

#include "serf/messages.h"

namespace rollcall::serf {

bool Clocks::possible(const PushPullState& state) const {
    return !context_.clock.impossible(state.time) &&
           !context_.event_clock.impossible(state.event_time) &&
           !context_.query_clock.impossible(state.query_time);
}

void Clocks::follow(Time now, const PushPullState& state, Outbox& out) {
    Context& c = context_;
    if (follow(now, c.clock, state.time, out)) {
        c.members.forget_times_from(c.clock.time());
        c.early_intents.forget_from(c.clock.time());
    }
    if (follow(now, c.event_clock, state.event_time, out)) {
        user_events_.forget_from(c.event_clock.time());
    }
    if (follow(now, c.query_clock, state.query_time, out)) {
        queries_.forget_from(c.query_clock.time());
    }
    // By ordinary push/pulls it would take minutes to see enough of them.
    if (c.clock.disagrees() || c.event_clock.disagrees() || c.query_clock.disagrees()) {
        c.node.exchange_soon(now);
    }
}

bool Clocks::follow(Time now, LamportClock& clock, LamportTime next, Outbox& out) {
    if (next == LamportTime{}) return false;
    const auto followed = clock.follow(now, next);
    if (followed != LamportClock::Followed::no) ++context_.stats.clocks_corrected;
    const LamportTime last_used{next.value() - 1};
    if (last_used != LamportTime{}) {
        static_cast<void>(rejects_.witness(now, clock, last_used, MessageType::push_pull, out));
    }
    return followed == LamportClock::Followed::down;
}

}  // namespace rollcall::serf
