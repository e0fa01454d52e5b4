// SPDX-License-Identifier: Apache-2.0
//
// An event as passed to an operator's script: in environment variables and on stdin, in exactly
// Serf's form. One type for all kinds of events. Pure.
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
    std::string input;                // stdin of the script
    // For a query: called with the output of a script that succeeded. May be empty.
    std::function<void(std::string_view output)> answer;
};

// One line per member: name, address, role, tags, separated by tabs. Other tabs and line ends are
// escaped.
[[nodiscard]] ScriptEvent member_script_event(serf::MemberEventKind kind,
                                              std::span<const serf::MemberRecord> members);
// The payload, with a line end appended if it has none and is not empty.
[[nodiscard]] ScriptEvent user_script_event(LamportTime time, std::string name, Bytes payload);
[[nodiscard]] ScriptEvent query_script_event(LamportTime time, std::string name, Bytes payload,
                                             std::function<void(std::string_view)> answer);

// The agent's data that scripts get.
struct ScriptSelf {
    std::string name;
    serf::Tags tags;
};
// "NAME=value" each: `own`, the agent's environment, without the cluster key, overridden by
// SERF_... A variable whose value has a zero byte is left out rather than cut.
[[nodiscard]] std::vector<std::string> script_environment(const ScriptEvent& event,
                                                          const ScriptSelf& self,
                                                          std::span<const std::string> own);

}  // namespace rollcall::agent
