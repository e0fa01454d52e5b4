// SPDX-License-Identifier: Apache-2.0
//
// Rule S9: pings strangers (membership/hearsay.h) when they are many: a sample first, and all of
// them, fast, when most are silent. Those that answer are members like any other; the silent ones
// are forgotten. So invented names are gone in seconds, and a large cluster that we join costs a
// few pings. Also pings names that others report and that are asked before they are believed.
// Bounded: pings for each tick, for each host, and in all. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/time.h"
#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/kept_claim.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/pings.h"

namespace rollcall::membership {

class Strangers {
public:
    static constexpr Duration kTick = std::chrono::milliseconds{100};
    static constexpr std::size_t kSampled = 4;  // asked for each tick, until most are silent
    static constexpr std::size_t kSwept = 128;  // then, at least
    static constexpr std::size_t kMostSwept = 512;
    static constexpr std::size_t kShare = 128;    // or one in so many strangers
    static constexpr std::size_t kPerHost = 32;   // of them, at one address
    static constexpr std::size_t kReported = 16;  // names for each tick
    static constexpr std::size_t kMostAsked = 4096;
    static constexpr unsigned kPings = 3;
    static constexpr Duration kBetweenSamples = std::chrono::seconds{10};

    Strangers(Context& context, Packets& packets, Beliefs& beliefs)
        : context_{context}, pings_{context, packets}, beliefs_{beliefs}, rng_{context.salt} {}

    // True when the number belongs to a ping of ours.
    bool ack_arrived(Time now, SequenceNumber sequence, Outbox& out);
    void handle_timeout(Time now, Outbox& out);
    // Our own loop stood still: silence until now is no evidence.
    void start_again() { asked_.clear(), in_question_.clear(); }
    [[nodiscard]] std::optional<Time> next_deadline() const;

private:
    struct Asked {
        SequenceNumber sequence;
        std::optional<MemberId> member;  // nullopt: one that is no member
        bool control = false;            // a member that answered before
        KeptClaim report;                // about one that is no member
        Endpoint at;
        Time next{};  // ping, or the end
        unsigned pings = 0;
    };
    [[nodiscard]] bool many() const {
        return context_.hearsay.many(context_.table.size(), context_.config.max_members);
    }
    [[nodiscard]] bool receives(Time now) const;
    void go_on(Time now, Outbox& out);
    void found_silent(Time now, const Asked& asked, Outbox& out);
    void ask_more(Time now, Outbox& out);
    [[nodiscard]] std::optional<MemberId> next_control();
    void ask_for_a_sign(Outbox& out);
    void ask_control(Time now, Outbox& out);
    void ask_reported(Time now, Outbox& out);
    void answered(Time now, const Asked& asked, Outbox& out);
    void ask_sample(Time now, Outbox& out);
    void sweep(Time now, Outbox& out);
    bool ask(Time now, MemberId id, Outbox& out);
    void ping(Time now, Asked& asked, Outbox& out);
    [[nodiscard]] Duration pause() const;

    Context& context_;
    Pings pings_;
    Beliefs& beliefs_;
    Rng rng_;  // of its own, so that no other draw depends on strangers
    std::vector<Asked> asked_;
    std::unordered_set<std::uint32_t> in_question_;                     // MemberIds in asked_
    std::unordered_map<Endpoint, std::size_t, EndpointHash> per_host_;  // of this tick, port 0
    std::size_t cursor_ = 0, control_cursor_ = 0;
    std::optional<SequenceNumber> sign_;  // the last that was asked for
    Time next_tick_ = Time::min();
};

}  // namespace rollcall::membership
