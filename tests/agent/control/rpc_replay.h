// SPDX-License-Identifier: Apache-2.0
//
// A recorded conversation, held again with our control server: the client's bytes are sent as they
// were, behind the server stands an agent that knows what the recorded one knew, and each object
// that comes back must mean what Serf's meant. Dates of log lines are compared by their form.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/control/rpc_recordings.h"
#include "serf/events.h"

namespace rollcall::agent::tests {

struct Replayed {
    std::set<Difference> on_purpose;
    std::vector<std::string> mismatches;  // each with the line's number
};
[[nodiscard]] Replayed replay(const Conversation& said);

// What a recorded member record says.
[[nodiscard]] serf::MemberRecord record_of(const Json& member);

}  // namespace rollcall::agent::tests
