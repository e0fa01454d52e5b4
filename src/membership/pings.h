// SPDX-License-Identifier: Apache-2.0
//
// Encodes and sends pings of ours and requests to relays (rules P1-P3): for probes, vigils and last
// words. Keeps no state. One thread.
#pragma once

#include "base/ids.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"

namespace rollcall::membership {

class Pings {
public:
    Pings(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // A ping with gossip. To an alive member, or where the accusation is ours alone (a quiet look).
    void send(MemberId to, SequenceNumber sequence, Outbox& out);
    // Rule P2, Lifeguard's "buddy system": a suspect learns of the suspicion with the ping and can
    // refute at once. False: it did not fit into a packet, nothing was sent.
    bool send_with_suspicion(MemberId to, SequenceNumber sequence, Outbox& out);
    // Rule S9: nothing but the ping, to the process with that name there.
    void send_alone(const Endpoint& to, std::string_view name, SequenceNumber sequence,
                    Outbox& out);
    // Rule S2: to the address of a member that is said to have left. One that did not refutes the
    // leave in the same packet; one that moved knows that its former self is meant.
    void send_with_leave(MemberId to, SequenceNumber sequence, Outbox& out);
    // Asks a relay for a ping (rule P3). True when it was asked for a nack too.
    bool ask_relay(MemberId relay, MemberId target, SequenceNumber sequence, Outbox& out);

private:
    Context& context_;
    Packets& packets_;
};

}  // namespace rollcall::membership
