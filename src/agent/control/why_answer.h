// SPDX-License-Identifier: Apache-2.0
//
// What this agent answers to another that asks why it sees a member as it does (the built-in query
// `why`, rule E8): the member's state, and its last records in as much room as one packet has. Ages
// are relative to the moment of the answer, so the clocks of the two hosts are not compared. The
// loop's thread; does not change anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "agent/session/control.h"

namespace rollcall::agent {

inline constexpr std::string_view kWhyQuery = "why";  // without the prefix of rule E8

// Bytes that an answer may have when the core's message may have `limit`: the rest is the head of
// the message, with the name of the agent.
[[nodiscard]] std::size_t why_answer_room(std::size_t limit, std::string_view agent);

// One JSON object of at most `room` bytes (unless even the state does not fit): {"v": 1, "known",
// "status", "state", "since_ms", "by", "incarnation", "ack_ms", "rtt_us", "records": [{"ago_ms",
// "text"}], "cut"}, the newest record first. "cut" is the number of older records left out; absent
// is none. Unknown figures are absent.
[[nodiscard]] std::string why_answer(Control& control, std::string_view member, std::size_t room,
                                     std::chrono::system_clock::time_point now);

}  // namespace rollcall::agent
