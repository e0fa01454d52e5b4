// SPDX-License-Identifier: Apache-2.0
#include "serf/joins.h"

#include <algorithm>

namespace rollcall::serf {

Result<RequestId, CommandError> Joins::start(Time now, std::span<const membership::JoinPeer> peers,
                                             Kind kind, Outbox& out) {
    if (context_.life != LifeState::alive) return CommandError::not_alive;
    const RequestId request = context_.node.join(now, peers, out);
    joins_.push_back({.request = request, .kind = kind});
    return request;
}

void Joins::finished(Time now, const membership::JoinFinished& event, Outbox& out) {
    const auto join = std::ranges::find(joins_, event.request, &Join::request);
    if (join == joins_.end()) return;
    const bool announce = join->kind.announce && event.contacted > 0;
    joins_.erase(join);
    if (announce && context_.life == LifeState::alive) intents_.announce_ourselves(now, out);
    out.notify_serf(JoinFinished{
        .request = event.request, .contacted = event.contacted, .failed = event.failed});
}

bool Joins::skip_old_events() const {
    return std::ranges::any_of(joins_, [](const Join& join) { return !join.kind.replay; });
}

}  // namespace rollcall::serf
