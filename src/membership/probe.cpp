// SPDX-License-Identifier: Apache-2.0
#include "membership/probe.h"

#include <algorithm>
#include <array>

namespace rollcall::membership {

void Prober::start_next(Time now, Outbox& out) {
    if (running()) return;
    if (const auto target = next_target(now, out)) start(now, *target, out);
}

std::optional<MemberId> Prober::next_target(Time now, Outbox& out) {
    if (!context_.config.variant.probe_ring) return drawn_target(now, out);
    for (std::size_t checked = 0; checked < context_.table.size(); ++checked) {
        if (cursor_ >= context_.table.size()) {
            beliefs_.reap(now, out);
            context_.table.shuffle(context_.rng);
            cursor_ = 0;
            continue;
        }
        const MemberId id = context_.table.ids()[cursor_++];
        if (id != context_.self && context_.table.find(id)->is_live()) return id;
    }
    return {};
}

// Rule V2. Dead members are still reaped, once in as many probes as there are members.
std::optional<MemberId> Prober::drawn_target(Time now, Outbox& out) {
    if (++cursor_ >= context_.table.size()) {
        beliefs_.reap(now, out);
        cursor_ = 0;
    }
    const auto& chosen = choice_.choose(
        context_.table, context_.rng, 1,
        [&](MemberId id, const Member& m) { return id != context_.self && m.is_live(); });
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
    ack_deadline_ = now + context_.config.probe_timeout;
    deadline_ = now + context_.awareness.scale(context_.config.probe_interval);
    evidence_ = {};
    asked_.clear();
    ++context_.stats.probes;

    const Member me = context_.me();
    const wire::Ping ping{.sequence = sequence_,
                          .node = target.name(),
                          .source_address = me.address(),
                          .source_port = me.port(),
                          .source_node = me.name()};
    if (target.state == State::alive || !context_.config.variant.buddy) {
        packets_.send_with_gossip(endpoint_,
                                  packets_.encode([&](ByteWriter& w) { wire::encode(ping, w); }),
                                  context_.recipient(id), out);
        return;
    }
    // Rule P2, Lifeguard's "buddy system": a suspect learns of the suspicion with the ping and can
    // refute at once.
    std::size_t ping_size = 0;
    const Bytes both = packets_.encode([&](ByteWriter& w) {
        wire::encode(ping, w);
        ping_size = w.size();
        wire::encode_suspect(
            {.node = target.name(), .incarnation = target.incarnation, .from = me.name()}, w);
    });
    if (both.empty()) return;
    const std::array<Bytes, 2> parts{both.first(ping_size), both.subspan(ping_size)};
    packets_.send_bare(endpoint_, parts, takes_checksum(target), out);
}

void Prober::handle_timeout(Time now, Outbox& out) {
    if (stage_ == Stage::direct && now >= ack_deadline_) go_indirect(now, out);
    if (stage_ == Stage::indirect && now >= deadline_) give_verdict(now, out);
}

// Rule P3.
void Prober::go_indirect(Time now, Outbox& out) {
    stage_ = Stage::indirect;
    evidence_.waited = now - started_;
    const auto target = context_.table.find(target_);
    if (!target) return;
    const Member me = context_.me();
    const auto& relays =
        choice_.choose(context_.table, context_.rng, context_.config.indirect_checks,
                       [&](MemberId id, const Member& m) {
                           return id != context_.self && id != target_ && m.state == State::alive;
                       });
    for (const MemberId id : relays) {
        const Member relay = *context_.table.find(id);
        const bool nack = context_.config.variant.nacks && relay.versions().pmax >= 4;
        if (nack) ++evidence_.nacks_expected;
        ++evidence_.relays_asked;
        asked_.push_back(relay.endpoint());
        const wire::IndirectPing request{.sequence = sequence_,
                                         .node = target->name(),
                                         .target = target->address(),
                                         .port = target->port(),
                                         .nack = nack,
                                         .source_address = me.address(),
                                         .source_port = me.port(),
                                         .source_node = me.name()};
        packets_.send_with_gossip(relay.endpoint(),
                                  packets_.encode([&](ByteWriter& w) { wire::encode(request, w); }),
                                  context_.recipient(id), out);
    }
    if (context_.config.tcp_pings && target->versions().pmax >= 3) {
        evidence_.stream = StreamPing::unanswered;
        streams_.ping_by_stream(now, *target, sequence_, deadline_, out);
    }
}

bool Prober::ack_arrived(Time now, SequenceNumber sequence, Bytes payload, Outbox& out) {
    if (!running() || sequence != sequence_) return false;
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

bool Prober::nack_arrived(SequenceNumber sequence) {
    if (stage_ != Stage::indirect || sequence != sequence_) return false;
    if (evidence_.nacks_received < evidence_.nacks_expected) ++evidence_.nacks_received;
    return true;
}

void Prober::stream_answered(SequenceNumber sequence) {
    if (running() && sequence == sequence_) evidence_.stream = StreamPing::answered;
}

void Prober::stream_failed(SequenceNumber sequence, StreamEnd end) {
    if (!running() || sequence != sequence_) return;
    evidence_.stream_error = end.number;
    switch (end.kind) {
        case StreamEnd::refused:
            evidence_.stream = StreamPing::refused;
            return;
        case StreamEnd::finished:
        case StreamEnd::reset:
            evidence_.stream = StreamPing::broken;
            return;
        case StreamEnd::local:
            evidence_.stream = StreamPing::not_opened;
            return;
        case StreamEnd::timed_out:
            return;
    }
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
}

std::optional<Time> Prober::next_deadline() const {
    switch (stage_) {
        case Stage::idle:
            return {};
        case Stage::direct:
            return ack_deadline_;
        case Stage::indirect:
            return deadline_;
    }
    return {};
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
    end(now, ProbeOutcome::failed, out);
    beliefs_.suspect(
        now, {.node = target->name(), .incarnation = incarnation_, .from = context_.config.name},
        {.evidence = &evidence_}, out);
}

// Rule P5: what the end of a probe means for our own health.
void Prober::end(Time now, ProbeOutcome outcome, Outbox& out) {
    stage_ = Stage::idle;
    switch (outcome) {
        case ProbeOutcome::acked:
        case ProbeOutcome::acked_by_relay:
        case ProbeOutcome::acked_by_stream:
            if (evidence_.ping == DirectPing::unanswered) context_.awareness.apply(-1);
            break;
        case ProbeOutcome::failed:
            context_.awareness.apply(
                evidence_.nacks_expected > 0
                    ? static_cast<int>(evidence_.nacks_expected - evidence_.nacks_received)
                    : 1);
            break;
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
