// SPDX-License-Identifier: Apache-2.0
#include "serf/reconnects.h"

#include <algorithm>
#include <array>

#include "base/endpoint.h"
#include "membership/node.h"

namespace rollcall::serf {

void Reconnects::start(Time now) {
    const Duration interval = context_.config.reconnect_interval;
    if (interval > Duration::zero()) due_ = now + interval;
}

void Reconnects::interval_changed(Time now) {
    const Duration interval = context_.config.reconnect_interval;
    if (interval == Duration::zero()) {
        due_.reset();
    } else if (!due_ || *due_ > now + interval) {
        due_ = now + interval;
    }
}

void Reconnects::handle_timeout(Time now, Outbox& out) {
    if (!due_ || now < *due_) return;
    due_ = now + context_.config.reconnect_interval;
    try_one(now, out);
}

void Reconnects::try_one(Time now, Outbox& out) {
    const Members& members = context_.members;
    if (context_.life != LifeState::alive || members.failed().empty()) return;
    const std::size_t failed = members.failed().size();
    const std::size_t present = members.size() - failed - members.left().size();
    const double chance =
        static_cast<double>(failed) / static_cast<double>(std::max<std::size_t>(present, 1));
    Rng& rng = context_.node.rng();
    if (rng.unit() > chance) return;
    const Member& target = *members.failed()[static_cast<std::size_t>(rng.below(failed))];
    const auto endpoint = Endpoint::from_wire(target.address, target.port);
    if (!endpoint) return;
    const std::array peers{membership::JoinPeer{.endpoint = *endpoint, .name = target.name}};
    context_.node.join(now, peers, out);  // without a join intent: we are members already
}

}  // namespace rollcall::serf
