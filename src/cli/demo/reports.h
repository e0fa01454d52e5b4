// SPDX-License-Identifier: Apache-2.0
//
// Chooses what the demo shows of the logs of its agents. Every change is logged by every agent; of
// these only the first is shown, with the time since the last thing that was done to the member,
// and then when all agents know it. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/demo/agents.h"

namespace rollcall::cli {

struct Report {
    std::string event;  // "member-failed"
    std::string text;   // sanitized, one line
};

class Reports {
public:
    // Something was done to a member, or to its agent.
    void on_action(std::string_view member, WallTime at);
    // Those that this log line causes; `agents` have seen it already.
    [[nodiscard]] std::vector<Report> on_line(const DemoAgent& agent, const AgentLogLine& line,
                                              const Agents& agents);

    // The line for an agent whose process has ended after its leave.
    [[nodiscard]] std::string on_left(std::string_view member, WallTime at) const;

    // When the first agent logged that event about that member, since the last action on it.
    [[nodiscard]] std::optional<WallTime> first(std::string_view member,
                                                std::string_view event) const;
    // When all agents did.
    [[nodiscard]] std::optional<WallTime> last(std::string_view member,
                                               std::string_view event) const;

private:
    struct Spread {
        WallTime first;
        WallTime latest;
        bool complete = false;
    };
    struct Episode {  // what happened to a member since the last action
        WallTime began;
        std::map<std::string, Spread, std::less<>> spreads;  // by event
    };
    [[nodiscard]] std::vector<Report> on_change(const DemoAgent& agent, const AgentLogLine& line,
                                                const Agents& agents);
    [[nodiscard]] const Spread* find(std::string_view member, std::string_view event) const;

    std::map<std::string, Episode, std::less<>> episodes_;  // by member
};

// "2.03 s"
[[nodiscard]] std::string seconds_text(WallTime from, WallTime to);

}  // namespace rollcall::cli
