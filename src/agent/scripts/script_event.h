// SPDX-License-Identifier: Apache-2.0
//
// An event as an operator's script meets it: in environment variables and on stdin, exactly as Serf
// tells it. Any kind of event: who runs scripts need not know which there are. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "serf/events.h"

namespace rollcall::agent {

struct ScriptEvent {
    std::string kind;                 // "member-join" and so on, "user", "query"
    std::string name;                 // of a user event or a query
    std::optional<LamportTime> time;  // of these, too
    std::string input;                // what the script reads on stdin
    // Of a query: takes what a script that succeeded wrote. May be empty.
    std::function<void(std::string_view output)> answer;
};

// A line per member: name, address, role, tags; with tabs between them, and no other tab or line
// end.
[[nodiscard]] ScriptEvent member_script_event(serf::MemberEventKind kind,
                                              std::span<const serf::MemberRecord> members);
// The payload as it is, but ending in a line end, unless it is empty.
[[nodiscard]] ScriptEvent user_script_event(LamportTime time, std::string name, Bytes payload);
[[nodiscard]] ScriptEvent query_script_event(LamportTime time, std::string name, Bytes payload,
                                             std::function<void(std::string_view)> answer);

// The agent, as its scripts see it.
struct ScriptSelf {
    std::string name;
    serf::Tags tags;
};
// "NAME=value" each: `own`, which is the agent's environment without the key to its cluster, and
// SERF_... above it. A variable whose value has a zero byte is left out: cut short it would lie.
[[nodiscard]] std::vector<std::string> script_environment(const ScriptEvent& event,
                                                          const ScriptSelf& self,
                                                          std::span<const std::string> own);

}  // namespace rollcall::agent
