// SPDX-License-Identifier: Apache-2.0
//
// Answers pings (rule P6): an ack with the application's payload, a relayed ping for an indirect
// one, and in both cases the leave of a member that is gone (rules S7 and L3). Keeps no state but
// its scratch. One thread.
#pragma once

#include <array>
#include <cstddef>

#include "base/endpoint.h"
#include "base/time.h"
#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/relays.h"
#include "wire/messages.h"

namespace rollcall::membership {

class PingAnswers {
public:
    PingAnswers(Context& context, Packets& packets, Relays& relays, Beliefs& beliefs)
        : context_{context}, packets_{packets}, relays_{relays}, beliefs_{beliefs} {}

    void answer(Time now, const Endpoint& from, const wire::Ping& ping, Outbox& out);
    void answer(Time now, const Endpoint& from, const wire::IndirectPing& request, Outbox& out);

private:
    Context& context_;
    Packets& packets_;
    Relays& relays_;
    Beliefs& beliefs_;
    std::array<std::byte, 2048> payload_{};
};

}  // namespace rollcall::membership
