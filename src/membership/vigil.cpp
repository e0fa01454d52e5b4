// SPDX-License-Identifier: Apache-2.0
#include "membership/vigil.h"

#include <algorithm>
#include <cmath>

namespace rollcall::membership {
namespace {

using Ground = VigilEvidence::Ground;

constexpr double kChance = 1e-6;       // that a living member's answers were all lost
constexpr double kQuietChance = 0.02;  // likewise, enough for an accusation
constexpr double kHopeless = 0.6;      // loss above which silence says nothing
constexpr unsigned kPingsOfProbe = 2;  // that were not answered either (F1)
constexpr unsigned kFewestPings = 3;
constexpr unsigned kQuietPings = 4;
constexpr unsigned kWatcherPings = 3;
constexpr unsigned kRefusals = 3;  // "port unreachable"
constexpr unsigned kRefusedStreams = 2;
constexpr std::size_t kMostWitnesses = 8;
constexpr std::size_t kMostStreams = 2;                             // open at once
constexpr std::size_t kMostSent = 96;                               // remembered
constexpr Duration kRefusedAfter = std::chrono::milliseconds{700};  // a refusal shows until then
constexpr Duration kLongest = std::chrono::seconds{8};

}  // namespace

Vigil::Vigil(Time now, FailedProbe probe, const VigilRules& rules)
    : probe_{std::move(probe)},
      rules_{rules},
      started_{now},
      next_ping_{now},
      next_relays_{now + kRelayPause},
      next_stream_{now + kStreamPause} {
    if (watching()) return;
    unanswered_ = kPingsOfProbe;
    for (const Endpoint& witness : probe_.witnesses) seconded(witness);
    note(probe_.sequence, Kind::relays, {}, Time::max());
    if (probe_.stream_open) note(probe_.sequence, Kind::stream, {}, Time::max());
    streams_open_ = probe_.stream_open ? 1 : 0;
    stalled_ = probe_.stream_taken;
    streams_refused_ = probe_.evidence->stream == StreamPing::refused ? 1 : 0;
    bounces_ = probe_.evidence->ping == DirectPing::bounced ? 1 : 0;
}

// --- what is due -------------------------------------------------------------------------------

// Others are asked while that can decide something.
bool Vigil::relays_due(Time now) const {
    return !watching() && (rules_.fast || refusals() > 0) &&
           witnesses_.size() < rules_.witnesses + 1 && now >= next_relays_;
}

bool Vigil::stream_due(Time now) const {
    return (rules_.fast || refusals() > 0) && !stalled_ && !watching() &&
           streams_open_ < kMostStreams && now >= next_stream_;
}

void Vigil::ping_sent(Time now, SequenceNumber sequence) {
    ++pings_;
    note(sequence, Kind::ping, {}, now + rules_.timeout);
    const Duration pause = controls_lost_ > 0 ? kPauseInLoss : std::max(kPause, rules_.timeout / 4);
    next_ping_ = now + pause;
}

void Vigil::control_sent(Time now, MemberId control, SequenceNumber sequence, Duration timeout) {
    ++controls_sent_;
    note(sequence, Kind::control, control, now + timeout);
}

void Vigil::relays_asked(Time now, SequenceNumber sequence) {
    note(sequence, Kind::relays, {}, Time::max());
    next_relays_ = now + kRelayPause;
}

void Vigil::stream_opened(Time now, SequenceNumber sequence) {
    ++streams_open_;
    note(sequence, Kind::stream, {}, Time::max());
    next_stream_ = now + kStreamPause;
}

void Vigil::note(SequenceNumber sequence, Kind kind, MemberId control, Time lost_at) {
    if (sent_.size() == kMostSent) sent_.erase(sent_.begin());
    sent_.push_back({sequence, kind, control, lost_at});
}

// --- what was seen -----------------------------------------------------------------------------

Vigil::Sent* Vigil::find(SequenceNumber sequence) {
    const auto found = std::ranges::find(sent_, sequence, &Sent::sequence);
    return found == sent_.end() ? nullptr : &*found;
}

Vigil::Answered Vigil::acked(SequenceNumber sequence) {
    Sent* const sent = find(sequence);
    if (sent == nullptr) return Answered::nothing;
    if (sent->kind != Kind::control) return Answered::target;
    // An answer that comes too late was counted as lost: here only its member counts.
    if (sent->lost_at != Time::max()) ++controls_answered_;
    sent->lost_at = Time::max();
    if (answering_.size() < kControls &&
        std::ranges::find(answering_, sent->control) == answering_.end()) {
        answering_.push_back(sent->control);
    }
    return Answered::control;
}

bool Vigil::nacked(SequenceNumber sequence, const Endpoint& by) {
    const Sent* const sent = find(sequence);
    if (sent == nullptr || sent->kind != Kind::relays) return false;
    seconded(by);
    return true;
}

void Vigil::seconded(const Endpoint& by) {
    if (witnesses_.size() == kMostWitnesses || by == probe_.endpoint) return;
    if (std::ranges::find(witnesses_, by) == witnesses_.end()) witnesses_.push_back(by);
}

bool Vigil::stream_connected(SequenceNumber sequence) {
    const bool ours = std::ranges::any_of(sent_, [&](const Sent& sent) {
        return sent.sequence == sequence && sent.kind == Kind::stream;
    });
    stalled_ = stalled_ || ours;
    return ours;
}

Vigil::Answered Vigil::stream_answered(SequenceNumber sequence) {
    return stream_connected(sequence) ? Answered::target : Answered::nothing;
}

bool Vigil::stream_ended(SequenceNumber sequence, StreamPing how) {
    const auto found = std::ranges::find_if(sent_, [&](const Sent& sent) {
        return sent.sequence == sequence && sent.kind == Kind::stream;
    });
    if (found == sent_.end()) return false;
    sent_.erase(found);
    if (streams_open_ > 0) --streams_open_;
    if (how == StreamPing::refused) ++streams_refused_;
    if (how == StreamPing::broken) stalled_ = true;  // its host had taken it
    return true;
}

void Vigil::count_lost(Time now) {
    for (Sent& sent : sent_) {
        if (sent.lost_at > now) continue;
        sent.lost_at = Time::max();
        ++(sent.kind == Kind::control ? controls_lost_ : unanswered_);
    }
}

void Vigil::start_again(Time now) {
    for (Sent& sent : sent_) sent.lost_at = Time::max();
    started_ = now;
    if (accused_) accused_ = now;
    unanswered_ = controls_sent_ = controls_answered_ = controls_lost_ = 0;
    bounces_ = streams_refused_ = 0;
    answering_.clear();
    witnesses_.clear();
}

// --- what follows ------------------------------------------------------------------------------

double Vigil::loss() const {
    return (controls_lost_ + 1.0) / (controls_lost_ + controls_answered_ + 2.0);
}

bool Vigil::should_accuse(Time now) const {
    if (accused_) return false;
    if (watching()) return unanswered_ >= kWatcherPings;
    if (now >= started_ + rules_.quiet) return true;
    return rules_.fast && unanswered_ >= kQuietPings &&
           std::pow(loss(), unanswered_) <= kQuietChance;
}

Time Vigil::earliest(Ground ground) const {
    if (!accused_) return Time::max();
    const Duration span = ground == Ground::refused ? rules_.refused_span : rules_.span;
    return std::max(started_ + span, *accused_ + rules_.time_to_object);
}

std::optional<Ground> Vigil::verdict(Time now) const {
    if (watching() || stalled_ || witnesses_.size() < rules_.witnesses) return {};
    if (bounces_ >= kRefusals && streams_refused_ >= kRefusedStreams &&
        now >= earliest(Ground::refused)) {
        return Ground::refused;
    }
    if (!rules_.fast || now < earliest(Ground::unanswered)) return {};
    if (answering_.size() < kControls || loss() > kHopeless) return {};
    const double needed = std::ceil(std::log(kChance) / std::log(loss()));
    if (unanswered_ < std::max<double>(kFewestPings, needed)) return {};
    return Ground::unanswered;
}

bool Vigil::over(Time now) const {
    if (now >= started_ + kLongest) return true;
    if (!accused_) return false;
    if (watching() || stalled_) return true;
    // Without fast verdicts only a refusal can come of it.
    return !rules_.fast && refusals() == 0 && now >= *accused_ + kRefusedAfter;
}

VigilEvidence Vigil::evidence(Time now, Ground ground) const {
    return {.ground = ground,
            .took = now - started_,
            .pings = pings_,
            .controls_sent = controls_sent_,
            .controls_answered = controls_answered_,
            .witnesses = static_cast<unsigned>(witnesses_.size()),
            .refusals = refusals(),
            .stalled = stalled_};
}

Time Vigil::next_deadline(Time now) const {
    Time next = next_ping_;
    for (const Sent& sent : sent_) next = std::min(next, sent.lost_at);
    for (const Ground ground : {Ground::refused, Ground::unanswered}) {
        if (const Time at = earliest(ground); at > now) next = std::min(next, at);
    }
    return next;
}

}  // namespace rollcall::membership
