// SPDX-License-Identifier: Apache-2.0
#include "serf/prunes.h"

#include <utility>

namespace rollcall::serf {

void Prunes::prune(Time now, Member& member, Outbox& out) {
    if (member.status == Status::left) {
        member_events_.erase(member.name, out);
        return;
    }
    if (member.prune_pending) return;
    member.prune_pending = true;
    const Config& config = context_.config;
    pending_.push_back({.name = member.name,
                        .due = now + config.broadcast_timeout + config.leave_propagate_delay});
}

void Prunes::handle_timeout(Time now, Outbox& out) {
    while (!pending_.empty() && pending_.front().due <= now) {
        const std::string name = std::move(pending_.front().name);
        pending_.pop_front();
        Member* member = context_.members.find(name);
        if (member == nullptr || !member->prune_pending) continue;
        member->prune_pending = false;
        // It refuted, or came back: a live member is not erased.
        if (member->status == Status::alive) continue;
        member_events_.erase(name, out);
    }
}

}  // namespace rollcall::serf
