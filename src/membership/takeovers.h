// SPDX-License-Identifier: Apache-2.0
//
// Rule S2: a name whose leave we have only from others is free for another address once its old
// address keeps silent to us. Anybody can say in a member's name that it left; a member that runs
// answers a ping at its address. So the claim of the newcomer is held meanwhile, and dropped when
// an answer comes. A bounded number at once, in all and for each source. Changes no member: Beliefs
// applies what is silent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/context.h"
#include "membership/kept_claim.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/pings.h"
#include "membership/stream_pinger.h"

namespace rollcall::membership {

// A claim to the name of a member.
struct HeldClaim : KeptClaim {
    MemberId member;
    Endpoint source;  // who sent it to us
    bool by_stream = false;
};

class Takeovers {
public:
    static constexpr std::size_t kMost = 1024;         // names at once
    static constexpr std::size_t kMostPerSource = 32;  // of one sender's address
    static constexpr std::size_t kMostStreams = 32;    // stream pings at once
    static constexpr unsigned kPings = 3;

    Takeovers(Context& context, Packets& packets, StreamPinger& streams)
        : context_{context}, pings_{context, packets}, streams_{streams} {}

    // The member left, as it said itself by a stream of its own, or as others say.
    void left(MemberId member, bool by_itself);
    // It is back, or no longer in the table.
    void forget(MemberId member);
    // Whether its leave is hearsay.
    [[nodiscard]] bool in_doubt(MemberId member) const { return hearsay_.contains(member.value()); }

    // Holds the claim and asks the old address. False: refused, since that address answered a
    // moment ago, another claim is held, or too many are.
    bool hold(Time now, HeldClaim claim, Outbox& out);
    // True when the number belongs to a ping of ours: the old address lives.
    bool ack_arrived(SequenceNumber sequence) { return answered(sequence); }
    void stream_answered(SequenceNumber sequence) { answered(sequence); }
    void handle_timeout(Time now, Outbox& out);
    // A claim whose time is over, one after the other.
    struct Decided {
        HeldClaim claim;
        bool silent = false;  // the old address; otherwise the claim is dropped
    };
    [[nodiscard]] std::optional<Decided> pop_decided(Time now);
    // Our own loop stood still: silence until now is no evidence.
    void start_again(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const;

private:
    struct Asked {
        HeldClaim claim;
        Endpoint old_address;
        Duration pause{};  // between pings; the last one has twice as long
        Time next{};       // ping
        Time end{};
        unsigned pings = 0;
        std::array<SequenceNumber, kPings> sequences{};
        std::optional<SequenceNumber> stream;
        bool answered = false;  // kept until its end: the name is not asked for again meanwhile
    };
    bool answered(SequenceNumber sequence);
    void ask(Time now, Asked& asked, Outbox& out);
    [[nodiscard]] bool has_room_for(const HeldClaim& claim) const;
    [[nodiscard]] bool is_still_there(const Asked& asked) const;

    Context& context_;
    Pings pings_;
    StreamPinger& streams_;
    std::unordered_set<std::uint32_t> hearsay_;  // MemberIds of members that left
    std::vector<Asked> asked_;
};

}  // namespace rollcall::membership
