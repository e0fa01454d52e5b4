// SPDX-License-Identifier: Apache-2.0
#include "serf/events.h"

#include "serf/message_error.h"
#include "serf/serf.h"

namespace rollcall::serf {

std::string_view to_string(Status status) {
    switch (status) {
        case Status::none:
            return "none";
        case Status::alive:
            return "alive";
        case Status::leaving:
            return "leaving";
        case Status::left:
            return "left";
        case Status::failed:
            return "failed";
    }
    return "none";
}

std::string_view to_string(MemberEventKind kind) {
    switch (kind) {
        case MemberEventKind::join:
            return "member-join";
        case MemberEventKind::leave:
            return "member-leave";
        case MemberEventKind::failed:
            return "member-failed";
        case MemberEventKind::update:
            return "member-update";
        case MemberEventKind::reap:
            return "member-reap";
    }
    return "member-update";
}

std::string_view to_string(TimingsTuned::What what) {
    switch (what) {
        case TimingsTuned::What::prepared:
            return "prepared";
        case TimingsTuned::What::applied:
            return "applied";
        case TimingsTuned::What::confirmed:
            return "confirmed";
        case TimingsTuned::What::reverted:
            return "reverted";
        case TimingsTuned::What::expired:
            return "expired";
        case TimingsTuned::What::replaced:
            return "replaced";
        case TimingsTuned::What::refused:
            return "refused";
    }
    return "refused";
}

// Serf's texts, since its clients show and match them.
std::string_view to_string(CommandError error) {
    switch (error) {
        case CommandError::not_alive:
            return "Serf can't Join after Leave or Shutdown";
        case CommandError::already_leaving:
            return "Leave already in progress";
        case CommandError::tags_too_large:
            return "Encoded length of tags exceeds limit of 512 bytes";
        case CommandError::no_serf_layer:
            return kNoSerfLayer;
    }
    return "";
}

}  // namespace rollcall::serf
