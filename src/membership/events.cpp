// SPDX-License-Identifier: Apache-2.0
#include "membership/events.h"

namespace rollcall::membership {

std::string_view to_string(ClaimKind claim) {
    switch (claim) {
        case ClaimKind::alive:
            return "alive";
        case ClaimKind::suspect:
            return "suspect";
        case ClaimKind::dead:
            return "dead";
        case ClaimKind::leave:
            return "leave";
    }
    return "?";
}

std::string_view to_string(ClaimSource::Kind kind) {
    switch (kind) {
        case ClaimSource::Kind::ourselves:
            return "ourselves";
        case ClaimSource::Kind::gossip:
            return "gossip";
        case ClaimSource::Kind::push_pull:
            return "push-pull";
    }
    return "?";
}

std::string_view to_string(ProbeOutcome outcome) {
    switch (outcome) {
        case ProbeOutcome::acked:
            return "acked";
        case ProbeOutcome::acked_by_relay:
            return "acked_by_relay";
        case ProbeOutcome::acked_by_stream:
            return "acked_by_stream";
        case ProbeOutcome::failed:
            return "failed";
        case ProbeOutcome::abandoned:
            return "abandoned";
    }
    return "?";
}

std::string_view to_string(DirectPing ping) {
    switch (ping) {
        case DirectPing::unanswered:
            return "unanswered";
        case DirectPing::bounced:
            return "bounced";
        case DirectPing::no_route:
            return "no_route";
        case DirectPing::not_sent:
            return "not_sent";
    }
    return "?";
}

std::string_view to_string(VigilEvidence::Ground ground) {
    switch (ground) {
        case VigilEvidence::Ground::unanswered:
            return "unanswered";
        case VigilEvidence::Ground::refused:
            return "refused";
        case VigilEvidence::Ground::expired:
            return "expired";
    }
    return "?";
}

std::string_view to_string(StreamPing ping) {
    switch (ping) {
        case StreamPing::not_tried:
            return "not_tried";
        case StreamPing::unanswered:
            return "unanswered";
        case StreamPing::answered:
            return "answered";
        case StreamPing::refused:
            return "refused";
        case StreamPing::broken:
            return "broken";
        case StreamPing::not_opened:
            return "not_opened";
    }
    return "?";
}

}  // namespace rollcall::membership
