// SPDX-License-Identifier: Apache-2.0
//
// Compares this agent with others by their answers to the built-in query "view" (view_answers.h):
// timings, keys, who is up, clocks. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/doctor/findings.h"
#include "agent/doctor/timings.h"
#include "base/time.h"

namespace rollcall::agent {

struct AgentView {
    std::string from;
    std::string view, version, timings, key;
    Timings values;
    std::string tuning;  // the state of the change of `rollcall tune` in effect; "": none is
    std::string tuning_id;
    Duration tuning_left{};  // if tentative: until it is undone
    std::int64_t time_ms = 0;
};
// nullopt: not such an answer. Unknown fields are skipped.
[[nodiscard]] std::optional<AgentView> parse_view(std::string from, std::string_view text);

// `asked`: so many other members were asked, of which Serf agents do not answer.
void check_views(const AgentView& ours, std::span<const AgentView> others, std::size_t asked,
                 Findings& findings);

}  // namespace rollcall::agent
