// SPDX-License-Identifier: Apache-2.0
//
// Pings on behalf of other members (rule P6): each request gets a sequence number of ours, one
// probe timeout for the answer, and an ack or a nack back. A bounded number at once.
#pragma once

#include <deque>
#include <optional>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "wire/messages.h"

namespace rollcall::membership {

class Relays {
public:
    Relays(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    void requested(Time now, const wire::IndirectPing& request, const Endpoint& from, Outbox& out);
    // True when the number belongs to a relayed ping; the ack is forwarded.
    bool ack_arrived(SequenceNumber sequence, Outbox& out);
    // Sends the nacks that are due.
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

private:
    struct Relay {
        SequenceNumber ours;
        SequenceNumber theirs;
        Endpoint requester;
        Time deadline{};
        bool nack = false;
    };
    Context& context_;
    Packets& packets_;
    std::deque<Relay> waiting_;  // by deadline: all wait equally long
};

// Where to answer: the source named in the message, else the packet's source address.
[[nodiscard]] inline Endpoint reply_to(const WireAddress& address, std::uint16_t port,
                                       const Endpoint& from) {
    if (address.empty() || port == 0) return from;
    return *Endpoint::from_wire(address, port);
}

}  // namespace rollcall::membership
