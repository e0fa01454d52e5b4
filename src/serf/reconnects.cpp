// SPDX-License-Identifier: Apache-2.0
#include "serf/reconnects.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

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

// Those that answered us come first: among many invented names, which never did, a true member
// would be drawn once in hours.
void Reconnects::try_one(Time now, Outbox& out) {
    const Members& members = context_.members;
    if (context_.life != LifeState::alive || members.failed().empty()) return;
    const bool answered =
        std::ranges::any_of(members.failed(), [](const Member* m) { return m->answered; });
    const auto counts = [&](const Member& m) { return m.answered || !answered; };
    candidates_.clear();
    std::ranges::copy_if(members.failed(), std::back_inserter(candidates_),
                         [&](const Member* m) { return counts(*m); });
    const auto present = std::ranges::count_if(members.all(), [&](const auto& m) {
        return m->status != Status::failed && m->status != Status::left && counts(*m);
    });
    const double chance = static_cast<double>(candidates_.size()) /
                          static_cast<double>(std::max<std::ptrdiff_t>(present, 1));
    Rng& rng = context_.node.rng();
    if (rng.unit() > chance) return;
    const Member& target = *candidates_[static_cast<std::size_t>(rng.below(candidates_.size()))];
    const auto endpoint = Endpoint::from_wire(target.address, target.port);
    if (!endpoint) return;
    const std::array peers{membership::JoinPeer{.endpoint = *endpoint, .name = target.name}};
    context_.node.join(now, peers, out);  // without a join intent: we are members already
}

}  // namespace rollcall::serf
