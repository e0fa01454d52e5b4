// SPDX-License-Identifier: Apache-2.0
//
// Holds the vigils (rules F2-F4, F6): sends what is due for each, gives them what arrives, and
// carries out what follows: an accusation, a verdict, or nothing. A bounded number at once; what
// exceeds it takes the slow track, the suspicion.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/core.h"
#include "membership/outbox.h"
#include "membership/peer_choice.h"
#include "membership/pings.h"
#include "membership/stream_pinger.h"
#include "membership/vigil.h"
#include "wire/messages.h"

namespace rollcall::membership {

class Vigils {
public:
    static constexpr std::size_t kMost = 8;         // of our own probes; each has up to 2 streams
    static constexpr std::size_t kMostWatches = 8;  // of members that others probe

    Vigils(Context& context, Packets& packets, Beliefs& beliefs, StreamPinger& streams)
        : context_{context}, pings_{context, packets}, beliefs_{beliefs}, streams_{streams} {}

    // A probe of ours failed. Beyond the limit its member is accused at once.
    void begin(Time now, FailedProbe probe, Outbox& out);
    // A ping that we sent for another member was not answered: we look too, if we are well
    // ourselves.
    void watch(Time now, MemberId target, Outbox& out);
    // A vigil of our own probe.
    [[nodiscard]] bool looks_at(MemberId target) const;

    // True when the number belongs to a vigil.
    bool ack_arrived(SequenceNumber sequence);
    bool nack_arrived(SequenceNumber sequence, const Endpoint& from);
    void stream_connected(Time now, SequenceNumber sequence);
    void stream_answered(SequenceNumber sequence);
    void stream_failed(SequenceNumber sequence, StreamEnd end);
    void send_failed(const Endpoint& to, SendError error);
    // Another member's accusation, after it was applied.
    void accusation_arrived(const wire::Accusation& claim);

    void handle_timeout(Time now, Outbox& out);
    // Our own loop stood still (rule Z1, or less): silence until now is no evidence.
    void start_again(Time now);
    void end_all() { vigils_.clear(); }
    [[nodiscard]] std::optional<Time> next_deadline(Time now) const;
    [[nodiscard]] std::size_t size() const { return vigils_.size(); }

private:
    [[nodiscard]] VigilRules rules_for(Time now, const FailedProbe& probe) const;
    void add(Time now, FailedProbe probe, Outbox& out);
    // False: the vigil is over.
    bool go_on(Time now, Vigil& vigil, Outbox& out);
    void send_due(Time now, Vigil& vigil, Outbox& out);
    void accuse(Time now, Vigil& vigil, Outbox& out);
    [[nodiscard]] const Vigil* find(MemberId target) const;
    [[nodiscard]] std::size_t count(bool watches) const;
    void drop(MemberId target);

    Context& context_;
    Pings pings_;
    Beliefs& beliefs_;
    StreamPinger& streams_;
    PeerChoice choice_;
    std::vector<Vigil> vigils_;
    std::unordered_map<std::uint32_t, Time> stalled_;  // by MemberId: when its host took a stream
};

}  // namespace rollcall::membership
