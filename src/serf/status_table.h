// SPDX-License-Identifier: Apache-2.0
//
// How a report about a member changes its status: rule I1, docs/protocol.md, as one table. Serf,
// "member states" (serf.go: handleNodeJoin, handleNodeLeave, handleNodeUpdate,
// handleNodeJoinIntent, handleNodeLeaveIntent). All members of a mixed cluster must reach the same
// status, so the table is Serf's, row by row, except for one column of our own: a member that
// announced its own leave has left, with or without an intent. Pure: no member is stored here.
// Decided before: intents that are not newer than the last one (no effect), unknown members
// (rule I2), leave intents about ourselves (refuted, like claims in rule S4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "serf/events.h"

namespace rollcall::serf {

// Two sources: membership (up, down, gone, changed) and intents (join, leave). `gone`: the member
// announced its leave itself; `down`: it was declared failed.
enum class StatusInput : std::uint8_t { up, join_intent, leave_intent, down, gone, changed };

struct Change {
    bool applies = false;  // false: no effect, the input is stale
    Status status = Status::none;
    std::optional<MemberEventKind> event;
    bool departed = false;  // it failed or left now: the reaping timeout starts
};

[[nodiscard]] constexpr Change change_by(Status status, StatusInput input) {
    constexpr auto alive = Status::alive, leaving = Status::leaving, left = Status::left,
                   failed = Status::failed;
    using Reported = MemberEventKind;
    constexpr auto to = [](Status then) { return Change{.applies = true, .status = then}; };
    constexpr auto report = [](Status then, Reported kind) {
        return Change{.applies = true, .status = then, .event = kind};
    };
    constexpr auto gone = [](Status then, Reported kind) {
        return Change{.applies = true, .status = then, .event = kind, .departed = true};
    };
    constexpr Change stale{};
    constexpr Change joined = report(alive, Reported::join);
    constexpr Change left_late = report(left, Reported::leave);  // it keeps the time of its failure
    constexpr auto updated = [](Status same) {
        return Change{.applies = true, .status = same, .event = Reported::update};
    };
    // clang-format off
    const Change rows[4][6] = {
        //  input ->    up      join intent  leave intent  down                        gone                     changed
        /* alive   */ {joined, to(alive),   to(leaving),  gone(failed, Reported::failed), gone(left, Reported::leave), updated(alive)},
        /* leaving */ {joined, to(alive),   to(leaving),  gone(left, Reported::leave),    gone(left, Reported::leave), updated(leaving)},
        /* left    */ {joined, to(left),    to(left),     stale,                      stale,                   updated(left)},
        /* failed  */ {joined, to(failed),  left_late,    stale,                      left_late,               updated(failed)},
    };
    // clang-format on
    if (status == Status::none) return stale;
    return rows[static_cast<std::size_t>(status) - 1][static_cast<std::size_t>(input)];
}

static_assert(change_by(Status::leaving, StatusInput::down).status == Status::left,
              "after a leave intent, the end of a member is a leave and not a failure");
static_assert(change_by(Status::failed, StatusInput::join_intent).status == Status::failed,
              "an intent alone does not revive a failed member");

}  // namespace rollcall::serf
