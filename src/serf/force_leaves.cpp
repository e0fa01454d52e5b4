// SPDX-License-Identifier: Apache-2.0
#include "serf/force_leaves.h"

#include <algorithm>
#include <utility>

namespace rollcall::serf {

Result<RequestId, CommandError> ForceLeaves::start(Time now, std::string_view name, bool prune,
                                                   Outbox& out) {
    if (!context_.speaks_serf()) return CommandError::no_serf_layer;
    const RequestId request = context_.new_request();
    if (name.empty() || name.size() > kMaxNodeName) {  // no member can have this name
        out.notify_serf(ForceLeaveFinished{.request = request});
        return request;
    }
    const Member* target = std::as_const(context_.members).find(name);
    const bool was_alive = target != nullptr && target->status == Status::alive;
    const LamportTime time = context_.clock.increment();
    intents_.apply(now, name, {.kind = IntentKind::leave, .time = time}, prune, out);
    if (context_.others_alive() == 0) {  // like Serf, after the step above: without the target
        Member* now_leaving = context_.members.find(name);
        if (was_alive && now_leaving != nullptr) now_leaving->local_leave = true;
        out.notify_serf(ForceLeaveFinished{.request = request});
        return request;
    }
    running_.push_back({.request = request,
                        .token = request.value(),
                        .deadline = now + context_.config.broadcast_timeout});
    intents_.send_leave(now, {.time = time, .node = name, .prune = prune}, request.value(), out);
    return request;
}

void ForceLeaves::intent_sent(Queues::Token token, Outbox& out) {
    const auto waiting = std::ranges::find(running_, token, &ForceLeave::token);
    if (waiting == running_.end()) return;
    out.notify_serf(ForceLeaveFinished{.request = waiting->request});
    running_.erase(waiting);
}

void ForceLeaves::handle_timeout(Time now, Outbox& out) {
    while (!running_.empty() && running_.front().deadline <= now) {
        out.notify_serf(ForceLeaveFinished{.request = running_.front().request, .timed_out = true});
        running_.pop_front();
    }
}

}  // namespace rollcall::serf
