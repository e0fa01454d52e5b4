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

}  // namespace rollcall::membership
