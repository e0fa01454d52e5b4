// SPDX-License-Identifier: Apache-2.0
//
// Pings on behalf of other members (rule P6): each request gets a sequence number of ours, and an
// ack or a nack back. With a learned timeout (rule F1) the ping is repeated after it, the nack
// follows after twice the timeout, and an ack that comes later still is forwarded. A bounded number
// at once.
#pragma once

#include <map>
#include <optional>
#include <vector>

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
    // Sends the nacks that are due, and repeats pings.
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    // The member of a relayed ping that was not answered; call until there is none.
    [[nodiscard]] std::optional<MemberId> pop_silent();

private:
    // What happens at its time.
    enum class Step : std::uint8_t { repeat, nack, forget };
    struct Relay {
        SequenceNumber ours;
        SequenceNumber theirs;
        Endpoint requester;
        Endpoint target;
        std::optional<MemberId> member;  // if we know it there
        Duration timeout{};
        Time end{};
        Step step = Step::nack;
        bool nack = false;
    };
    void ping(const Relay& relay, std::string_view name, Outbox& out);
    void send_nack(const Relay& relay, Outbox& out);

    Context& context_;
    Packets& packets_;
    std::multimap<Time, Relay> waiting_;  // by the time of the next step
    std::vector<MemberId> silent_;
};

// Where to answer: the source named in the message, else the packet's source address.
[[nodiscard]] inline Endpoint reply_to(const WireAddress& address, std::uint16_t port,
                                       const Endpoint& from) {
    if (address.empty() || port == 0) return from;
    return *Endpoint::from_wire(address, port);
}

}  // namespace rollcall::membership
