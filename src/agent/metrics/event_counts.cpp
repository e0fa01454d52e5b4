// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/event_counts.h"

#include <string_view>
#include <variant>

namespace rollcall::agent {
namespace {

using membership::ClaimKind;
using membership::DirectPing;
using membership::StreamPing;

std::string_view to_string(SuspicionCause cause) {
    switch (cause) {
        case SuspicionCause::refused:
            return "refused";
        case SuspicionCause::no_route:
            return "no_route";
        case SuspicionCause::not_sent:
            return "not_sent";
        case SuspicionCause::unanswered:
            return "unanswered";
        case SuspicionCause::claim:
            return "claim";
        case SuspicionCause::push_pull:
            return "push_pull";
    }
    return "unknown";
}
static_assert(static_cast<std::size_t>(SuspicionCause::push_pull) + 1 == kSuspicionCauses);

std::string_view to_string(FailureCause cause) {
    switch (cause) {
        case FailureCause::unanswered:
            return "unanswered";
        case FailureCause::refused:
            return "refused";
        case FailureCause::expired:
            return "expired";
        case FailureCause::claim:
            return "claim";
    }
    return "unknown";
}
static_assert(static_cast<std::size_t>(FailureCause::claim) + 1 == kFailureCauses);

SuspicionCause cause_of(const membership::ProbeEvidence& probe) {
    if (probe.ping == DirectPing::bounced || probe.stream == StreamPing::refused) {
        return SuspicionCause::refused;
    }
    if (probe.ping == DirectPing::no_route) return SuspicionCause::no_route;
    if (probe.ping == DirectPing::not_sent) return SuspicionCause::not_sent;
    return SuspicionCause::unanswered;
}

template <class Enum, std::size_t N>
void add_by(std::string_view name, std::string_view help, std::string_view label,
            const std::array<std::uint64_t, N>& counts, Families& families) {
    for (std::size_t i = 0; i < N; ++i) {
        families.counter(name, help, static_cast<double>(counts[i]),
                         {{label, to_string(static_cast<Enum>(i))}});
    }
}

}  // namespace

SuspicionCause cause_of(const membership::MemberSuspected& event) {
    using Kind = membership::ClaimSource::Kind;
    if (event.evidence) return cause_of(*event.evidence);
    switch (event.source.kind) {
        case Kind::ourselves:  // without a probe of our own: a vigil that another member asked for
            return SuspicionCause::unanswered;
        case Kind::gossip:
            return SuspicionCause::claim;
        case Kind::push_pull:
            return SuspicionCause::push_pull;
    }
    return SuspicionCause::claim;
}

FailureCause cause_of(const membership::MemberFailed& event) {
    using Ground = membership::VigilEvidence::Ground;
    if (event.vigil) {
        switch (event.vigil->ground) {
            case Ground::unanswered:
                return FailureCause::unanswered;
            case Ground::refused:
                return FailureCause::refused;
            case Ground::expired:
                return FailureCause::expired;
        }
    }
    return event.source.kind == membership::ClaimSource::Kind::ourselves ? FailureCause::expired
                                                                         : FailureCause::claim;
}

void EventCounts::handle(const membership::Event& event) {
    using membership::ProbeOutcome;
    if (const auto* const probe = std::get_if<membership::ProbeEnded>(&event)) {
        if (probe->outcome == ProbeOutcome::acked) rtt_.add(probe->took, kRttBounds);
        if (probe->outcome == ProbeOutcome::abandoned) ++abandoned_;
    } else if (const auto* const suspected = std::get_if<membership::MemberSuspected>(&event)) {
        ++suspicions_[static_cast<std::size_t>(cause_of(*suspected))];
    } else if (const auto* const failed = std::get_if<membership::MemberFailed>(&event)) {
        ++failures_[static_cast<std::size_t>(cause_of(*failed))];
    } else if (std::holds_alternative<membership::SuspicionCleared>(event)) {
        ++cleared_;
    } else if (const auto* const refuted = std::get_if<membership::Refuted>(&event)) {
        ++refuted_[static_cast<std::size_t>(refuted->claim)];
    } else if (std::holds_alternative<membership::UdpBlocked>(event)) {
        ++udp_blocked_;
    }
}

void EventCounts::add_metrics(Families& families) const {
    families.histogram("rollcall_probe_rtt_seconds",
                       "Round trips of probes that got a direct ack; their number is that of these "
                       "probes.",
                       rtt_, kRttBounds);
    families.counter("rollcall_probes_abandoned_total",
                     "Probes without a verdict: this process was paused, or the member was gone.",
                     static_cast<double>(abandoned_));
    add_by<SuspicionCause>("rollcall_suspicions_by_cause_total",
                           "Members that this agent began to suspect, by cause.", "cause",
                           suspicions_, families);
    families.counter("rollcall_suspicions_cleared_total",
                     "Suspicions that ended well: the member refuted them in time.",
                     static_cast<double>(cleared_));
    add_by<FailureCause>("rollcall_failures_by_cause_total",
                         "Members that this agent came to consider failed, by cause.", "cause",
                         failures_, families);
    add_by<ClaimKind>("rollcall_refuted_claims_total",
                      "Claims against this agent that it refuted, by claim.", "claim", refuted_,
                      families);
    families.counter("rollcall_udp_blocked_total",
                     "Probes answered by stream only: UDP to that member is blocked.",
                     static_cast<double>(udp_blocked_));
}

}  // namespace rollcall::agent
