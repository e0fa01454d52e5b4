// SPDX-License-Identifier: Apache-2.0
//
// Rule S8: our own address changed while we run. Others take a known name at another address for
// another machine, unless it left: so everybody we know is sent both claims, in this order and in
// one packet: we left the old address, we are alive at the new one. Here is who was told how often,
// and which addresses were ours. Believes nothing about others.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/outbox.h"
#include "membership/packets.h"

namespace rollcall::membership {

class Move {
public:
    // An address that was ours, and the highest incarnation that we have claimed there.
    struct Former {
        WireAddress address;
        std::uint16_t port = 0;
        Incarnation last;
    };

    Move(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // We are at another address from now on, under a newer incarnation. False: we are leaving, or
    // it is the address we have, and nothing changes.
    bool to(Time now, const WireAddress& address, std::uint16_t port, Outbox& out);
    // A claim that we made ourselves, at an address that was ours: no other machine says so.
    [[nodiscard]] bool was_ours(const WireAddress& address, std::uint16_t port,
                                Incarnation incarnation) const;
    // The address before this one. Nullopt: there was none.
    [[nodiscard]] std::optional<Former> last() const;

    // A peer has our death at an old address in its table. No claim from elsewhere reaches such an
    // entry: it is revived where it is first.
    void revive_at(const Endpoint& peer, Outbox& out);

    // A member claims to be at an address that is not the one we know. It may have moved when we
    // did: then each sent its claims to where the other was. While we tell everybody, it is told
    // there too.
    void meet(const Endpoint& peer, bool checksum, Outbox& out);

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }

private:
    struct Met {
        Endpoint at;
        bool checksum = false;
    };
    void tell(const Endpoint& to, bool checksum, bool revive, Outbox& out);

    Context& context_;
    Packets& packets_;
    std::deque<Former> former_;  // the last is the newest
    std::vector<MemberId> left_to_tell_;
    std::vector<Met> met_;  // since the last change
    unsigned pass_ = 0;
    std::optional<Time> due_;
    std::vector<std::byte> claims_;  // scratch
};

}  // namespace rollcall::membership
