// SPDX-License-Identifier: Apache-2.0
#include "serf/leaving.h"

#include <string>

namespace rollcall::serf {

Result<RequestId, CommandError> Leaving::start(Time now, Outbox& out) {
    if (context_.life == LifeState::leaving) return CommandError::already_leaving;
    const RequestId request = context_.new_request();
    if (context_.life == LifeState::left) {
        out.notify_serf(LeaveFinished{.request = request});
        return request;
    }
    const bool announce_intent = context_.speaks_serf() && context_.others_alive() > 0;
    leave_.start(now, request, announce_intent, context_.config.broadcast_timeout);
    context_.life = LifeState::leaving;
    const LamportTime time = context_.clock.increment();
    const std::string& self = context_.name();
    intents_.apply(now, self, {.kind = IntentKind::leave, .time = time}, false, out);
    if (!announce_intent) return request;
    token_ = request.value();
    intents_.send_leave(now, {.time = time, .node = self}, token_, out);
    return request;
}

bool Leaving::intent_sent(Queues::Token token) {
    if (token != token_) return false;
    leave_.on_intent_sent();
    return true;
}

void Leaving::announced(Time now, const membership::LeaveFinished& event) {
    leave_.announced(now, event.request, context_.config.leave_propagate_delay);
}

bool Leaving::announce(Time now, Outbox& out) {
    if (leave_.step() != Leave::Step::announce) return false;
    leave_.announce_started(context_.node.leave(now, context_.config.broadcast_timeout, out));
    return true;
}

void Leaving::finish(Outbox& out) {
    if (leave_.step() != Leave::Step::finished) return;
    leave_.finish_reported();
    context_.life = LifeState::left;
    out.notify_serf(LeaveFinished{.request = leave_.request()});
}

}  // namespace rollcall::serf
