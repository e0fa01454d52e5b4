// SPDX-License-Identifier: Apache-2.0
//
// Rule S8: our own address changed while we run. Others take a known name at another address for
// another machine, unless it left. So all known members are sent both claims, in this order and in
// one packet: we left the old address, we are alive at the new one. Keeps who was notified how
// often, and our former addresses. Changes nothing about other members.
#pragma once

#include <array>
#include <cstdint>
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
    // A former address of ours, and the highest incarnation that we claimed there.
    struct Former {
        WireAddress address;
        std::uint16_t port = 0;
        Incarnation last;
    };

    Move(Context& context, Packets& packets) : context_{context}, packets_{packets} {}

    // Changes our address, under a newer incarnation. False: we are leaving, or it is the current
    // address; nothing changes.
    bool to(Time now, const WireAddress& address, std::uint16_t port, Outbox& out);
    // Whether it is our own claim, at a former address of ours, and not another machine.
    [[nodiscard]] bool was_ours(const WireAddress& address, std::uint16_t port,
                                Incarnation incarnation) const;
    // Whether we left a former address at that incarnation.
    [[nodiscard]] bool left_at(Incarnation incarnation) const;
    // The previous address, or nullopt.
    [[nodiscard]] std::optional<Former> last() const;

    // A peer has us as dead at an old address. It ignores claims from another address for such an
    // entry, so it is first revived at the old address.
    void revive_at(const Endpoint& peer, Outbox& out);

    // A member claims an address that is not the one we know. It may have moved when we did, so
    // that each sent its claims to the other's old address. While our own notification runs, our
    // claims go to its new address too.
    void on_peer_moved(const Endpoint& peer, bool checksum, Outbox& out);

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }

private:
    struct MovedPeer {
        Endpoint at;
        bool checksum = false;
    };
    void send_claims(const Endpoint& to, bool checksum, bool revive, Outbox& out);

    Context& context_;
    Packets& packets_;
    std::vector<Former> former_;  // the last is the newest
    std::vector<MemberId> unnotified_;
    std::vector<MovedPeer> moved_peers_;  // since the last change
    unsigned pass_ = 0;
    std::optional<Time> due_;
    std::vector<std::byte> claims_;  // scratch
};

}  // namespace rollcall::membership
