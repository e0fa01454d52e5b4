// SPDX-License-Identifier: Apache-2.0
//
// Text for log lines: why a member is suspected or failed, who confirmed a failure, what a key
// command did. Pure functions; the fields of a line are built in event_log.cpp.
#pragma once

#include <string>

#include "membership/events.h"
#include "serf/events.h"

namespace rollcall::agent {

// "no ack in 500 ms; 2 of 2 relays could not reach it; TCP refused"
[[nodiscard]] std::string words_of(const membership::ProbeEvidence& evidence);
// "looked at for 1900 ms: 9 pings unanswered, 11 of 12 controls answered, 3 witnesses"; "its host
// refused 6 times: the process is gone"; "stalled: its host took a connection; ..."
[[nodiscard]] std::string words_of(const membership::VigilEvidence& evidence);
// "suspected by a, 2 confirmations from b, c"; "" without accusers, that is, if another member
// declared the failure.
[[nodiscard]] std::string words_of_accusers(const std::vector<std::string>& accusers);
// "installed key 1a2b3c4d"; "refused to remove key 1a2b3c4d: ..."
[[nodiscard]] std::string words_of(const serf::KeyCommandHandled& command);
[[nodiscard]] std::string_view step_of(serf::TuningChanged::Step step);
[[nodiscard]] std::string words_of(const serf::TuningChanged& tuning);
// What a vote on our name decided; `other` is the address of the other node.
[[nodiscard]] std::string words_of(const serf::NameConflictDecided& vote, const std::string& other);
// ": Network is unreachable"; "" for 0.
[[nodiscard]] std::string system_error_text(int number);

}  // namespace rollcall::agent
