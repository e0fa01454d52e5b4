// SPDX-License-Identifier: Apache-2.0
//
// Looking at one silent member instead of waiting (rules F2-F4): pings to it, and at the same time
// pings to members that nobody doubts, the controls. They measure our own loss, so that the silence
// can be weighed. Pure: it counts and judges; Vigils sends. Ends with an answer or a verdict, or
// leaves the member to its suspicion.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"

namespace rollcall::membership {

// What a probe that failed hands over.
struct FailedProbe {
    MemberId target;
    Incarnation incarnation;
    Endpoint endpoint;
    SequenceNumber sequence;                // a late ack still counts
    Time started{};                         // its first ping
    std::vector<Endpoint> witnesses;        // relays that found it silent
    bool stream_open = false;               // its stream ping has not ended
    bool stream_taken = false;              // and its host took it
    std::optional<ProbeEvidence> evidence;  // empty: a relay's ping failed, we only watch
};

// How a vigil is held, from the settings and the size of the cluster.
struct VigilRules {
    Duration timeout{};         // F1: of the target
    Duration quiet{};           // F3: longest look before an accusation, from the vigil's start
    bool fast = false;          // F4: silence alone may decide
    Duration span{};            // F4: shortest vigil before a verdict of silence
    Duration refused_span{};    // F4: likewise for a process that is gone
    Duration time_to_object{};  // F4: from the accusation to a verdict, for a refutation to arrive
    unsigned witnesses = 2;
};

class Vigil {
public:
    static constexpr Duration kPause = std::chrono::milliseconds{180};  // between pings
    static constexpr Duration kPauseInLoss = std::chrono::milliseconds{100};
    static constexpr Duration kRelayPause = std::chrono::milliseconds{300};
    static constexpr Duration kStreamPause = std::chrono::milliseconds{500};
    static constexpr unsigned kControls = 3;  // distinct members that answered

    Vigil(Time now, FailedProbe probe, const VigilRules& rules);

    // --- what is due ---------------------------------------------------------------------------
    [[nodiscard]] bool ping_due(Time now) const { return now >= next_ping_; }
    [[nodiscard]] bool relays_due(Time now) const;
    [[nodiscard]] bool stream_due(Time now) const;
    void ping_sent(Time now, SequenceNumber sequence);
    void control_sent(Time now, MemberId control, SequenceNumber sequence, Duration timeout);
    void relays_asked(Time now, SequenceNumber sequence);
    void stream_opened(Time now, SequenceNumber sequence);

    // --- what was seen -------------------------------------------------------------------------
    enum class Answered : std::uint8_t { nothing, control, target };
    [[nodiscard]] Answered acked(SequenceNumber sequence);
    bool nacked(SequenceNumber sequence, const Endpoint& by);
    // Another member found it silent too.
    void seconded(const Endpoint& by);
    void bounced() { ++bounces_; }
    // Of a stream that we opened. False: not ours.
    bool stream_connected(SequenceNumber sequence);
    [[nodiscard]] Answered stream_answered(SequenceNumber sequence);
    bool stream_ended(SequenceNumber sequence, StreamPing how);
    // Counts what was not answered in time.
    void count_lost(Time now);
    // Our own loop stood still: what was not answered until now says nothing.
    void start_again(Time now);

    // --- what follows --------------------------------------------------------------------------
    // F3: whether the quiet look is over.
    [[nodiscard]] bool should_accuse(Time now) const;
    void accused(Time now) { accused_ = accused_.value_or(now); }
    [[nodiscard]] bool has_accused() const { return accused_.has_value(); }
    [[nodiscard]] std::optional<VigilEvidence::Ground> verdict(Time now) const;
    // Nothing more can come of it: the suspicion decides.
    [[nodiscard]] bool over(Time now) const;
    [[nodiscard]] VigilEvidence evidence(Time now, VigilEvidence::Ground ground) const;
    [[nodiscard]] Time next_deadline(Time now) const;

    [[nodiscard]] const FailedProbe& probe() const { return probe_; }
    [[nodiscard]] MemberId target() const { return probe_.target; }
    [[nodiscard]] bool watching() const { return !probe_.evidence; }
    [[nodiscard]] bool stalled() const { return stalled_; }
    [[nodiscard]] unsigned unanswered() const { return unanswered_; }
    // Of a ping and its ack, as the controls measure it: 0 to 1.
    [[nodiscard]] double loss() const;

private:
    enum class Kind : std::uint8_t { ping, control, relays, stream };
    struct Sent {
        SequenceNumber sequence;
        Kind kind = Kind::ping;
        MemberId control;
        Time lost_at = Time::max();  // max: is not counted
    };
    void note(SequenceNumber sequence, Kind kind, MemberId control, Time lost_at);
    [[nodiscard]] Sent* find(SequenceNumber sequence);
    [[nodiscard]] unsigned refusals() const { return bounces_ + streams_refused_; }
    [[nodiscard]] Time earliest(VigilEvidence::Ground ground) const;

    FailedProbe probe_;
    VigilRules rules_;
    Time started_{};
    std::optional<Time> accused_;
    Time next_ping_{}, next_relays_{}, next_stream_{};
    std::vector<Sent> sent_;
    unsigned pings_ = 0, unanswered_ = 0;
    unsigned controls_sent_ = 0, controls_answered_ = 0, controls_lost_ = 0;
    std::vector<MemberId> answering_;  // distinct controls, up to kControls
    std::vector<Endpoint> witnesses_;
    unsigned bounces_ = 0, streams_refused_ = 0;
    std::size_t streams_open_ = 0;
    bool stalled_ = false;
};

}  // namespace rollcall::membership
