// SPDX-License-Identifier: Apache-2.0
#include "membership/probe.h"

#include <algorithm>
#include <array>

namespace rollcall::membership {
namespace {

constexpr Duration kRelaysTakeAtLeast = std::chrono::milliseconds{300};
// Relays with the timing of lan send their nack after four fifths of this.
constexpr Duration kTimeoutOfOthers = std::chrono::milliseconds{500};

}  // namespace

void Prober::start_next(Time now, Outbox& out) {
    if (running()) return;
    if (const auto target = next_target(now, out)) start(now, *target, out);
}

std::optional<MemberId> Prober::next_target(Time now, Outbox& out) {
    ring_next_ = !ring_next_ && context_.config.ring_watch;
    if (ring_next_) {
        const auto successor = beliefs_.successor();
        if (successor && !vigils_.looks_at(*successor) && context_.worth_asking(*successor)) {
            return successor;
        }
    }
    if (!context_.config.variant.probe_ring) return drawn_target(now, out);
    for (std::size_t checked = 0; checked < context_.table.size(); ++checked) {
        if (cursor_ >= context_.table.size()) {
            beliefs_.reap(now, out);
            context_.table.shuffle(context_.rng);
            cursor_ = 0;
            continue;
        }
        const MemberId id = context_.table.ids()[cursor_++];
        // A member under a vigil is pinged already.
        if (id == context_.self || vigils_.looks_at(id)) continue;
        if (context_.hearsay.is_swept(id)) continue;  // rule S9 looks at it
        if (context_.table.find(id)->is_live()) return id;
    }
    return {};
}

// Rule V2. Dead members are still reaped, once in as many probes as there are members.
std::optional<MemberId> Prober::drawn_target(Time now, Outbox& out) {
    if (++cursor_ >= context_.table.size()) {
        beliefs_.reap(now, out);
        cursor_ = 0;
    }
    const auto& chosen =
        choice_.choose(context_.table, context_.rng, 1, [&](MemberId id, const Member& m) {
            return id != context_.self && m.is_live() && !context_.hearsay.is_swept(id);
        });
    if (chosen.empty()) return {};
    return chosen.front();
}

void Prober::start(Time now, MemberId id, Outbox& out) {
    const Member target = *context_.table.find(id);
    stage_ = Stage::direct;
    target_ = id;
    endpoint_ = target.endpoint();
    incarnation_ = target.incarnation;
    sequence_ = context_.next_sequence();
    started_ = now;
    answer_time_ = context_.answer_time(id);
    deadline_ = now + context_.awareness.scale(context_.config.probe_interval);
    evidence_ = {};
    stream_taken_ = false;
    asked_.clear();
    witnesses_.clear();
    ++context_.stats.probes;
    if (target.state == State::alive || !context_.config.variant.buddy) {
        pings_.send(id, sequence_, out);
    } else {
        pings_.send_with_suspicion(id, sequence_, out);
    }
}

void Prober::handle_timeout(Time now, Outbox& out) {
    while (const auto missing = late_nacks_.pop_due(now)) {
        context_.awareness.apply(static_cast<int>(*missing));
    }
    if (stage_ == Stage::direct && now >= started_ + answer_time_) go_indirect(now, out);
    if (stage_ == Stage::indirect && now >= indirect_deadline()) give_verdict(now, out);
}

// Rule F1: once all relays have answered, or would have.
Time Prober::indirect_deadline() const {
    if (!context_.config.variant.looking) return deadline_;
    const bool all = evidence_.nacks_expected > 0 &&
                     evidence_.nacks_received == evidence_.nacks_expected &&
                     evidence_.relays_asked == evidence_.nacks_expected;
    const Duration wait = all ? 2 * answer_time_ : std::max(4 * answer_time_, kRelaysTakeAtLeast);
    return std::min(deadline_, asked_at_ + wait);
}

// Rule P3.
void Prober::go_indirect(Time now, Outbox& out) {
    stage_ = Stage::indirect;
    asked_at_ = now;
    evidence_.waited = now - started_;
    const auto target = context_.table.find(target_);
    if (!target) return;
    // Rule F1: one lost packet is no reason to ask others only.
    if (context_.config.variant.looking) pings_.send(target_, sequence_, out);
    const auto& relays =
        choice_.choose(context_.table, context_.rng, context_.config.indirect_checks,
                       [&](MemberId id, const Member& m) {
                           return id != context_.self && id != target_ && m.state == State::alive &&
                                  context_.worth_asking(id);
                       });
    for (const MemberId id : relays) {
        ++evidence_.relays_asked;
        asked_.push_back(context_.table.find(id)->endpoint());
        if (pings_.ask_relay(id, target_, sequence_, out)) ++evidence_.nacks_expected;
    }
    if (context_.config.tcp_pings && target->versions().pmax >= 3) {
        evidence_.stream = StreamPing::unanswered;
        streams_.ping_by_stream(now, *target, sequence_, deadline_, out);
    }
}

bool Prober::ack_arrived(Time now, SequenceNumber sequence, Bytes payload, Outbox& out) {
    if (!running() || sequence != sequence_) return false;
    if (context_.packet_from == endpoint_) {
        context_.rtt.sample(target_, now - started_);
        if (context_.table.find(target_)) context_.hearsay.answered(target_);
    }
    if (stage_ == Stage::direct) {
        const MemberId target = target_;
        const Duration rtt = now - started_;
        end(now, ProbeOutcome::acked, out);
        if (context_.table.find(target)) {
            context_.app.ack_received(now, target, rtt, payload, out);
        }
        return true;
    }
    ++context_.stats.probes_by_relay;
    end(now, ProbeOutcome::acked_by_relay, out);
    return true;
}

bool Prober::nack_arrived(SequenceNumber sequence, const Endpoint& from) {
    if (stage_ != Stage::indirect || sequence != sequence_) return late_nacks_.arrived(sequence);
    if (std::ranges::find(witnesses_, from) == witnesses_.end()) witnesses_.push_back(from);
    if (evidence_.nacks_received < evidence_.nacks_expected) ++evidence_.nacks_received;
    return true;
}

void Prober::stream_connected(SequenceNumber sequence) {
    if (running() && sequence == sequence_) stream_taken_ = true;
}

void Prober::stream_answered(SequenceNumber sequence) {
    if (!running() || sequence != sequence_) return;
    evidence_.stream = StreamPing::answered;
    if (context_.table.find(target_)) context_.hearsay.answered(target_);
}

void Prober::stream_failed(SequenceNumber sequence, StreamEnd end) {
    if (!running() || sequence != sequence_) return;
    evidence_.stream_error = end.number;
    evidence_.stream = stream_ping(end);
}

void Prober::send_failed(Time now, const Endpoint& to, SendError error, Outbox& out) {
    if (stage_ == Stage::indirect) {
        const auto relay = std::ranges::find(asked_, to);
        if (relay == asked_.end()) return;
        asked_.erase(relay);
        ++evidence_.relays_unasked;
        return;
    }
    if (stage_ != Stage::direct || to != endpoint_) return;
    const AfterSendError after = after_send_error(error.kind);
    evidence_.ping = after.ping;
    evidence_.ping_error = error.number;
    if (after.ask_at_once) go_indirect(now, out);
}

void Prober::abandon(Time now, Outbox& out) {
    if (running()) end(now, ProbeOutcome::abandoned, out);
    late_nacks_.clear();
}

std::optional<Time> Prober::next_deadline() const {
    std::optional<Time> next;
    switch (stage_) {
        case Stage::idle:
            break;
        case Stage::direct:
            next = started_ + answer_time_;
            break;
        case Stage::indirect:
            next = indirect_deadline();
            break;
    }
    const auto late = late_nacks_.next_deadline();
    return next && late ? std::min(next, late) : next ? next : late;
}

// Rule P4.
void Prober::give_verdict(Time now, Outbox& out) {
    const auto target = context_.table.find(target_);
    // Reaped, or its name was taken over: the probed member no longer exists.
    if (!target || target->endpoint() != endpoint_) {
        return end(now, ProbeOutcome::abandoned, out);
    }
    if (evidence_.stream == StreamPing::answered) {
        ++context_.stats.probes_by_stream;
        out.notify(UdpBlocked{about(target_, *target), evidence_.ping, evidence_.ping_error});
        return end(now, ProbeOutcome::acked_by_stream, out);
    }
    ++context_.stats.probes_failed;
    context_.hearsay.probe_failed(target_);
    end(now, ProbeOutcome::failed, out);
    if (context_.config.variant.looking) return vigils_.begin(now, found_silent(), out);
    beliefs_.suspect(
        now, {.node = target->name(), .incarnation = incarnation_, .from = context_.config.name},
        {.evidence = &evidence_}, out);
}

FailedProbe Prober::found_silent() const {
    return {.target = target_,
            .incarnation = incarnation_,
            .endpoint = endpoint_,
            .sequence = sequence_,
            .started = started_,
            .witnesses = witnesses_,
            .stream_open = evidence_.stream == StreamPing::unanswered,
            .stream_taken = stream_taken_ || evidence_.stream == StreamPing::broken,
            .evidence = evidence_};
}

// Rule P5: what the end of a probe means for our own health.
void Prober::end(Time now, ProbeOutcome outcome, Outbox& out) {
    stage_ = Stage::idle;
    if (outcome != ProbeOutcome::abandoned) {
        context_.gate.probe_ended(outcome != ProbeOutcome::acked);
    }
    switch (outcome) {
        case ProbeOutcome::acked:
        case ProbeOutcome::acked_by_relay:
        case ProbeOutcome::acked_by_stream:
            if (evidence_.ping == DirectPing::unanswered) context_.awareness.apply(-1);
            break;
        case ProbeOutcome::failed: {
            const unsigned missing = evidence_.nacks_expected - evidence_.nacks_received;
            if (evidence_.nacks_expected == 0) {
                context_.awareness.apply(1);
            } else if (context_.config.variant.looking) {
                const Duration theirs = std::max(context_.config.probe_timeout, kTimeoutOfOthers);
                late_nacks_.wait_for(sequence_, missing, asked_at_ + theirs + answer_time_);
            } else {
                context_.awareness.apply(static_cast<int>(missing));
            }
            break;
        }
        case ProbeOutcome::abandoned:
            break;
    }
    out.notify(ProbeEnded{.member = target_,
                          .outcome = outcome,
                          .took = now - started_,
                          .ping = evidence_.ping,
                          .relays_asked = evidence_.relays_asked,
                          .nacks_expected = evidence_.nacks_expected,
                          .nacks_received = evidence_.nacks_received,
                          .health_score = context_.awareness.score()});
}

}  // namespace rollcall::membership
