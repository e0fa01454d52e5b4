// SPDX-License-Identifier: Apache-2.0
//
// The rounds of gossip (rule G3): every interval, a few random members get what still has to be
// told. The dead are told too for a while: one who is not dead hears of it and refutes.
#pragma once

#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/peer_choice.h"

namespace rollcall::membership {

class Gossip {
public:
    Gossip(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // Whether anything waits to be told.
    [[nodiscard]] bool has_news() const {
        return context_.broadcasts.size() != 0 || context_.app.has_broadcasts();
    }
    void round(Time now, Outbox& out) {
        if (!has_news()) return;
        const auto& peers = choice_.choose(
            context_.table, context_.rng, context_.config.gossip_nodes,
            [&](MemberId id, const Member& m) { return id != context_.self && hears(m, now); });
        for (const MemberId id : peers) {
            if (!packets_.gossip(id, out)) return;
        }
    }

private:
    [[nodiscard]] bool hears(const Member& m, Time now) const {
        return m.is_live() || (m.state == State::dead &&
                               now - m.state_changed <= context_.config.gossip_to_the_dead);
    }

    Context& context_;
    Packets& packets_;
    PeerChoice choice_;
};

}  // namespace rollcall::membership
