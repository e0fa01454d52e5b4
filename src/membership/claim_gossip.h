// SPDX-License-Identifier: Apache-2.0
//
// Puts claims into the broadcast queue (rule G1), or sends them to all at once (rule V4), and knows
// which members have them already. One thread.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "membership/context.h"
#include "membership/events.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "wire/messages.h"

namespace rollcall::membership {

class ClaimGossip {
public:
    ClaimGossip(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // `key`: the message replaces one with the same key.
    void queue_alive(const Member& member, std::string_view key, BroadcastQueue::Token token,
                     Outbox& out);
    void queue_accusation(ClaimKind kind, const wire::Accusation& claim,
                          BroadcastQueue::Token token, Outbox& out);

private:
    void queue(std::string_view key, Bytes message, BroadcastQueue::Token token,
               std::string_view originator, Reach reach, Outbox& out);
    [[nodiscard]] Reach reach_of(ClaimKind kind, const wire::Accusation& claim) const;
    void multicast(Bytes message, Outbox& out);
    // Rule S9: a claim about a stranger that would crowd out others.
    [[nodiscard]] bool is_idle_talk(std::string_view subject) const;
    std::span<const MemberId> informed(std::optional<MemberId> first);

    Context& context_;
    Packets& packets_;
    std::array<MemberId, 2> informed_{};
};

}  // namespace rollcall::membership
