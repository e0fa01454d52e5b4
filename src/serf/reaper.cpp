// SPDX-License-Identifier: Apache-2.0
#include "serf/reaper.h"

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::serf {

void Reaper::handle_timeout(Time now, Outbox& out) {
    if (!due_ || now < *due_) return;
    const Config& config = context_.config;
    due_ = now + config.reap_interval;
    context_.early_intents.expire(now, config.recent_intent_timeout);
    context_.members.end_long_leaves(now, [&](std::string_view name) {
        const auto member = context_.node.members().find(name);
        return member && member->state == membership::State::alive;
    });
    reap(now, context_.members.failed(), config.reconnect_timeout, out);
    reap(now, context_.members.left(), config.tombstone_timeout, out);
}

void Reaper::reap(Time now, std::span<Member* const> list, Duration timeout, Outbox& out) {
    std::vector<std::string> expired;
    for (const Member* member : list) {
        if (now - member->departed > timeout) expired.push_back(member->name);
    }
    for (const std::string& name : expired) member_events_.erase(name, out);
}

}  // namespace rollcall::serf
