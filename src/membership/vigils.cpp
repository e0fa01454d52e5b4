// SPDX-License-Identifier: Apache-2.0
#include "membership/vigils.h"

#include <algorithm>
#include <cmath>

namespace rollcall::membership {
namespace {

constexpr Duration kQuiet = std::chrono::milliseconds{700};  // F3
constexpr Duration kShortestQuiet = std::chrono::milliseconds{200};
constexpr Duration kRefusedSpan = std::chrono::seconds{3};  // without fast verdicts
constexpr Duration kShortestTimeToObject = std::chrono::milliseconds{500};
constexpr Duration kStallRemembered = std::chrono::seconds{30};
constexpr Duration kRecently = std::chrono::seconds{2};
constexpr Duration kStreamTime = std::chrono::seconds{3};  // for one stream ping of a vigil
constexpr std::size_t kRelays = 2;                         // asked at a time

// Long enough for a suspicion to spread and its refutation to come back.
Duration time_to_object(const Config& config, std::size_t members) {
    const double n = static_cast<double>(std::max<std::size_t>(members, 2));
    const double rounds = std::log(n) / std::log(1 + 0.75 * config.gossip_nodes) + 2;
    const auto spread = std::chrono::duration_cast<Duration>(2 * rounds * config.gossip_interval);
    return std::max(kShortestTimeToObject, spread);
}

}  // namespace

VigilRules Vigils::rules_for(Time now, const FailedProbe& probe) const {
    const Config& config = context_.config;
    const Duration timeout = context_.answer_time(probe.target);
    const Duration slow = timeout > RttEstimate::kShortest ? 2 * timeout : Duration{};
    const Duration span = config.detection_span + slow;
    // Without fast verdicts nothing is gained by accusing earlier than an ordinary probe does.
    const Duration quiet =
        config.fast_verdicts
            ? kQuiet
            : std::max<Duration>(kShortestQuiet, probe.started + config.probe_interval - now);
    return {.timeout = timeout,
            .quiet = quiet,
            .fast = config.fast_verdicts,
            .span = span,
            .refused_span = config.fast_verdicts ? span : kRefusedSpan,
            .time_to_object = time_to_object(config, context_.table.size())};
}

void Vigils::begin(Time now, FailedProbe probe, Outbox& out) {
    drop(probe.target);  // a watch becomes a vigil
    if (count(false) >= kMost) {
        ++context_.stats.vigils_refused;
        const Member target = *context_.table.find(probe.target);
        return beliefs_.suspect(
            now,
            {.node = target.name(), .incarnation = probe.incarnation, .from = context_.config.name},
            {.evidence = &*probe.evidence}, out);
    }
    ++context_.stats.vigils;
    add(now, std::move(probe), out);
}

void Vigils::watch(Time now, MemberId id, Outbox& out) {
    const auto target = context_.table.find(id);
    if (!target || !target->is_live() || find(id) != nullptr) return;
    const bool well = context_.awareness.score() == 0 &&
                      context_.gate.received_since(now - kRecently) > 0 &&
                      !context_.gate.late_since(now - kRecently);
    if (!well) return;
    if (count(true) >= kMostWatches) {
        ++context_.stats.watches_refused;
        return;
    }
    ++context_.stats.watches;
    add(now, {.target = id, .incarnation = target->incarnation, .endpoint = target->endpoint()},
        out);
}

void Vigils::add(Time now, FailedProbe probe, Outbox& out) {
    if (probe.stream_taken) stalled_[probe.target.value()] = now;
    const VigilRules rules = rules_for(now, probe);
    vigils_.emplace_back(now, std::move(probe), rules);
    send_due(now, vigils_.back(), out);
}

bool Vigils::looks_at(MemberId target) const {
    return std::ranges::any_of(
        vigils_, [&](const Vigil& v) { return v.target() == target && !v.watching(); });
}

const Vigil* Vigils::find(MemberId target) const {
    const auto found = std::ranges::find(vigils_, target, &Vigil::target);
    return found == vigils_.end() ? nullptr : &*found;
}

std::size_t Vigils::count(bool watches) const {
    return static_cast<std::size_t>(std::ranges::count(vigils_, watches, &Vigil::watching));
}

void Vigils::drop(MemberId target) {
    std::erase_if(vigils_, [&](const Vigil& v) { return v.target() == target; });
}

// --- what arrives ------------------------------------------------------------------------------

bool Vigils::ack_arrived(SequenceNumber sequence) {
    for (Vigil& vigil : vigils_) {
        switch (vigil.acked(sequence)) {
            case Vigil::Answered::nothing:
                continue;
            case Vigil::Answered::control:
                return true;
            case Vigil::Answered::target:
                drop(vigil.target());
                return true;
        }
    }
    return false;
}

bool Vigils::nack_arrived(SequenceNumber sequence, const Endpoint& from) {
    return std::ranges::any_of(vigils_, [&](Vigil& v) { return v.nacked(sequence, from); });
}

void Vigils::stream_connected(Time now, SequenceNumber sequence) {
    for (Vigil& vigil : vigils_) {
        if (vigil.stream_connected(sequence)) stalled_[vigil.target().value()] = now;
    }
}

void Vigils::stream_answered(SequenceNumber sequence) {
    std::erase_if(vigils_,
                  [&](Vigil& v) { return v.stream_answered(sequence) == Vigil::Answered::target; });
}

void Vigils::stream_failed(SequenceNumber sequence, StreamEnd end) {
    for (Vigil& vigil : vigils_) vigil.stream_ended(sequence, stream_ping(end));
}

void Vigils::send_failed(const Endpoint& to, SendError error) {
    if (error.kind != SendError::unreachable) return;
    for (Vigil& vigil : vigils_) {
        if (vigil.probe().endpoint == to) vigil.bounced();
    }
}

// Rule F4: its author is a witness, wherever the message came from.
void Vigils::accusation_arrived(const wire::Accusation& claim) {
    const auto target = context_.table.id_of(claim.node);
    const auto author = context_.table.id_of(claim.from);
    if (!target || !author || *author == context_.self || *author == *target) return;
    const Member accuser = *context_.table.find(*author);
    if (accuser.state != State::alive) return;
    for (Vigil& vigil : vigils_) {
        if (vigil.target() == *target && vigil.probe().incarnation == claim.incarnation) {
            vigil.seconded(accuser.endpoint());
        }
    }
}

// --- what is due -------------------------------------------------------------------------------

void Vigils::handle_timeout(Time now, Outbox& out) {
    std::erase_if(stalled_,
                  [&](const auto& entry) { return entry.second + kStallRemembered < now; });
    // go_on() may change beliefs, never the list.
    std::erase_if(vigils_, [&](Vigil& vigil) { return !go_on(now, vigil, out); });
}

bool Vigils::go_on(Time now, Vigil& vigil, Outbox& out) {
    const auto target = context_.table.find(vigil.target());
    // Refuted, moved, left, or dead already.
    if (!target || !target->is_live() || target->endpoint() != vigil.probe().endpoint ||
        target->incarnation > vigil.probe().incarnation) {
        return false;
    }
    vigil.count_lost(now);
    if (vigil.watching() ? target->state == State::suspect && vigil.should_accuse(now)
                         : vigil.should_accuse(now)) {
        accuse(now, vigil, out);
    }
    if (const auto ground = vigil.verdict(now);
        ground && !stalled_.contains(vigil.target().value())) {
        if (context_.gate_closed(now) == Gate::Closed::no) {
            ++(*ground == VigilEvidence::Ground::refused ? context_.stats.verdicts_by_refusal
                                                         : context_.stats.verdicts_by_silence);
            const VigilEvidence evidence = vigil.evidence(now, *ground);
            beliefs_.condemn(now, vigil.target(), evidence, out);
            return false;
        }
        ++context_.stats.verdicts_held;
    }
    if (vigil.over(now)) {
        beliefs_.suspicions().remember(vigil.target(),
                                       vigil.evidence(now, VigilEvidence::Ground::expired));
        return false;
    }
    send_due(now, vigil, out);
    return true;
}

void Vigils::accuse(Time now, Vigil& vigil, Outbox& out) {
    vigil.accused(now);
    const FailedProbe& probe = vigil.probe();
    const Member target = *context_.table.find(probe.target);
    beliefs_.suspect(
        now,
        {.node = target.name(), .incarnation = probe.incarnation, .from = context_.config.name},
        {.evidence = probe.evidence ? &*probe.evidence : nullptr}, out);
}

void Vigils::send_due(Time now, Vigil& vigil, Outbox& out) {
    const MemberId target = vigil.target();
    if (vigil.ping_due(now)) {
        const SequenceNumber sequence = context_.next_sequence();
        const bool known = context_.table.find(target)->state == State::suspect;
        if (!known || !pings_.send_with_suspicion(target, sequence, out)) {
            pings_.send(target, sequence, out);
        }
        vigil.ping_sent(now, sequence);
        const auto& control =
            choice_.choose(context_.table, context_.rng, 1, [&](MemberId id, const Member& m) {
                return id != context_.self && m.state == State::alive && find(id) == nullptr &&
                       context_.worth_asking(id);
            });
        if (!control.empty()) {
            const SequenceNumber other = context_.next_sequence();
            pings_.send(control.front(), other, out);
            vigil.control_sent(now, control.front(), other, context_.answer_time(control.front()));
        }
    }
    if (vigil.relays_due(now)) {
        const SequenceNumber sequence = context_.next_sequence();
        for (const MemberId relay : choice_.choose(
                 context_.table, context_.rng, kRelays, [&](MemberId id, const Member&m) {
                     return id != context_.self && id != target && m.state == State::alive &&
                            context_.worth_asking(id);
                 })) {
            pings_.ask_relay(relay, target, sequence, out);
        }
        vigil.relays_asked(now, sequence);
    }
    if (vigil.stream_due(now) && context_.config.tcp_pings) {
        const SequenceNumber sequence = context_.next_sequence();
        vigil.stream_opened(now, sequence);
        streams_.ping_by_stream(now, *context_.table.find(target), sequence, now + kStreamTime,
                                out);
    }
}

void Vigils::start_again(Time now) {
    for (Vigil& vigil : vigils_) vigil.start_again(now);
}

std::optional<Time> Vigils::next_deadline(Time now) const {
    std::optional<Time> next;
    for (const Vigil& vigil : vigils_) {
        const Time at = vigil.next_deadline(now);
        if (!next || at < *next) next = at;
    }
    return next;
}

}  // namespace rollcall::membership
