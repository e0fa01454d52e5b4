// SPDX-License-Identifier: Apache-2.0
//
// One probe at a time (rules P1-P5): a ping, after the timeout relays and a stream in parallel, and
// at the end a verdict about the peer and about our own health. A failed probe always lasts the
// whole interval, stretched by our health score. States: idle -> direct -> indirect -> idle.
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
#include "membership/outbox.h"
#include "membership/packets.h"
#include "membership/peer_choice.h"

namespace rollcall::membership {

// Opens the stream ping that runs in parallel to the relays.
class StreamPinger {
public:
    virtual ~StreamPinger() = default;
    virtual void ping_by_stream(Time now, const Member& target, SequenceNumber sequence,
                                Time deadline, Outbox& out) = 0;
};

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
    Prober(Context& context, Packets& packets, Beliefs& beliefs, StreamPinger& streams)
        : context_{context}, packets_{packets}, beliefs_{beliefs}, streams_{streams} {}

    // Rule P1: probes the next member of the ring, unless a probe still runs.
    void start_next(Time now, Outbox& out);
    // Moves on when a deadline has passed.
    void handle_timeout(Time now, Outbox& out);
    // True when the number belongs to the running probe.
    bool ack_arrived(Time now, SequenceNumber sequence, Bytes payload, Outbox& out);
    bool nack_arrived(SequenceNumber sequence);
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

    Context& context_;
    Packets& packets_;
    Beliefs& beliefs_;
    StreamPinger& streams_;
    PeerChoice choice_;
    std::size_t cursor_ = 0;

    Stage stage_ = Stage::idle;
    MemberId target_;
    Endpoint endpoint_;
    Incarnation incarnation_;  // of the target, as the probe began
    SequenceNumber sequence_;
    Time started_{};
    Time ack_deadline_{};  // of the direct stage
    Time deadline_{};      // of the whole probe
    ProbeEvidence evidence_;
    std::vector<Endpoint> asked_;  // relays whose request has not failed
};

}  // namespace rollcall::membership
