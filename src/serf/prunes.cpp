// SPDX-License-Identifier: Apache-2.0
#include "serf/prunes.h"

#include <algorithm>
#include <utility>

namespace rollcall::serf {

// Rule I5.
void Prunes::prune(Time now, Member& member, Outbox& out) {
    if (member.status == Status::left && !considered_alive(member.name)) {
        member_events_.erase(member.name, out);
        return;
    }
    if (member.prune_pending) return;
    if (pending_.size() >= kMaxPending) {
        ++context_.stats.prunes_dropped;
        return;
    }
    member.prune_pending = true;
    const Config& config = context_.config;
    const Time due = now + config.broadcast_timeout + config.leave_propagate_delay;
    const Pending waiting{.name = member.name, .due = due, .expires = due + kLongestWait};
    pending_.insert(std::ranges::upper_bound(pending_, due, {}, &Pending::due), waiting);
}

void Prunes::handle_timeout(Time now, Outbox& out) {
    while (!pending_.empty() && pending_.front().due <= now) {
        Pending prune = std::move(pending_.front());
        pending_.pop_front();
        if (settle(now, prune, out)) continue;
        prune.due = now + kLookedAtEvery;
        pending_.insert(std::ranges::upper_bound(pending_, prune.due, {}, &Pending::due),
                        std::move(prune));
    }
}

bool Prunes::settle(Time now, const Pending& prune, Outbox& out) {
    Member* member = context_.members.find(prune.name);
    if (member == nullptr || !member->prune_pending) return true;
    const bool objected = member->status == Status::alive;
    const bool alive = considered_alive(prune.name);
    if (alive && !objected && now < prune.expires) return false;
    member->prune_pending = false;
    if (alive || objected) {
        ++context_.stats.prunes_refused;
    } else {
        member_events_.erase(prune.name, out);
    }
    return true;
}

bool Prunes::considered_alive(std::string_view name) const {
    const auto member = context_.node.members().find(name);
    return member && member->is_live();
}

}  // namespace rollcall::serf
