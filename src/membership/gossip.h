// SPDX-License-Identifier: Apache-2.0
//
// Gossip rounds (rule G3): every interval, a few random members get the waiting broadcasts. The
// dead get them too for a while: a member that is not dead learns of the claim and refutes it.
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

    // Whether any message waits for gossip.
    [[nodiscard]] bool broadcasts_waiting() const {
        return context_.broadcasts.size() != 0 || context_.app.has_broadcasts();
    }
    void round(Time now, Outbox& out) {
        if (!broadcasts_waiting()) return;
        const auto& peers = choice_.choose(
            context_.table, context_.rng, context_.config.gossip_nodes,
            [&](MemberId id, const Member& m) {
                return id != context_.self && is_recipient(m, now) && context_.worth_asking(id);
            });
        for (const MemberId id : peers) {
            if (!packets_.gossip(id, out)) return;
        }
    }

private:
    [[nodiscard]] bool is_recipient(const Member& m, Time now) const {
        return m.is_live() || (m.state == State::dead &&
                               now - m.state_changed <= context_.config.gossip_to_the_dead);
    }

    Context& context_;
    Packets& packets_;
    PeerChoice choice_;
};

}  // namespace rollcall::membership
