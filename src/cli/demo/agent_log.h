// SPDX-License-Identifier: Apache-2.0
//
// One line of an agent's JSON log as the demo uses it. A pure function; text in it is not
// sanitized.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cli {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

[[nodiscard]] inline WallTime wall_time_now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

struct AgentLogLine {
    WallTime time;
    std::string level;    // "INFO"
    std::string event;    // "member-failed"
    std::string message;  // for people
    std::string member;   // that it is about; "" for none
    std::string status;   // of that member: "alive", "failed"...
    // Of the event "started": the addresses in the form of their flags. "" for none.
    std::string bind, rpc_addr, http_addr;
};

// nullopt if the line is no record of a log: an error before the log was opened, for example.
[[nodiscard]] std::optional<AgentLogLine> parse_agent_log_line(std::string_view line);

}  // namespace rollcall::cli
