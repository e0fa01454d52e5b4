// SPDX-License-Identifier: Apache-2.0
//
// One probe at a time (rules P1-P5): a ping, after the timeout relays and a stream in parallel, and
// at the end a finding about the peer and about our own health. A silent peer is handed to a vigil
// (rule F2). States: idle -> direct -> indirect -> idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/core.h"
#include "membership/late_nacks.h"
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/peer_choice.h"
#include "membership/pings.h"
#include "membership/stream_pinger.h"
#include "membership/vigils.h"

namespace rollcall::membership {

// Rule P3: what a send error of our ping means for the probe.
struct AfterSendError {
    DirectPing ping = DirectPing::unanswered;
    bool ask_at_once = false;  // no ack can be expected: ask the relays now
};
constexpr AfterSendError after_send_error(SendError::Kind error) {
    switch (error) {
        case SendError::unreachable:
            return {DirectPing::bounced, true};
        case SendError::no_route:
            return {DirectPing::no_route, true};
        case SendError::local:  // perhaps temporary: the relays are asked at the usual time
            return {DirectPing::not_sent, false};
    }
    return {};
}

class Prober {
public:
    Prober(Context& context, Packets& packets, Beliefs& beliefs, Vigils& vigils,
           StreamPinger& streams)
        : context_{context},
          pings_{context, packets},
          beliefs_{beliefs},
          vigils_{vigils},
          streams_{streams} {}

    // Rule P1: probes the next member of the ring, unless a probe still runs.
    void start_next(Time now, Outbox& out);
    // Moves on when a deadline has passed.
    void handle_timeout(Time now, Outbox& out);
    // True when the number belongs to the running probe.
    bool ack_arrived(Time now, SequenceNumber sequence, Bytes payload, Outbox& out);
    bool nack_arrived(SequenceNumber sequence, const Endpoint& from);
    void stream_connected(SequenceNumber sequence);
    void stream_answered(SequenceNumber sequence);
    void stream_failed(SequenceNumber sequence, StreamEnd end);
    // A datagram to `to` did not arrive: perhaps our ping, or a request to a relay. An error does
    // not end a probe: without any answer its verdict is the same as after silence.
    void send_failed(Time now, const Endpoint& to, SendError error, Outbox& out);
    // We were paused: ends the probe without a verdict.
    void abandon(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const;

private:
    enum class Stage : std::uint8_t { idle, direct, indirect };
    [[nodiscard]] bool running() const { return stage_ != Stage::idle; }
    std::optional<MemberId> next_target(Time now, Outbox& out);
    std::optional<MemberId> drawn_target(Time now, Outbox& out);
    void start(Time now, MemberId target, Outbox& out);
    void go_indirect(Time now, Outbox& out);
    void give_verdict(Time now, Outbox& out);
    void end(Time now, ProbeOutcome outcome, Outbox& out);

    [[nodiscard]] Time indirect_deadline() const;
    [[nodiscard]] FailedProbe found_silent() const;

    Context& context_;
    Pings pings_;
    Beliefs& beliefs_;
    Vigils& vigils_;
    StreamPinger& streams_;
    LateNacks late_nacks_;
    PeerChoice choice_;
    std::size_t cursor_ = 0;

    Stage stage_ = Stage::idle;
    MemberId target_;
    Endpoint endpoint_;
    Incarnation incarnation_;  // of the target, as the probe began
    SequenceNumber sequence_;
    bool ring_next_ = false;  // rule F7
    Time started_{};
    Duration answer_time_{};  // rule F1
    Time asked_at_{};         // when the indirect stage began
    Time deadline_{};         // of the whole probe
    ProbeEvidence evidence_;
    bool stream_taken_ = false;        // by the target's host
    std::vector<Endpoint> asked_;      // relays whose request has not failed
    std::vector<Endpoint> witnesses_;  // relays that found it silent
};

}  // namespace rollcall::membership
