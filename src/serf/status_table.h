// SPDX-License-Identifier: Apache-2.0
//
// What news about a member does to its status: rule I1, docs/protocol.md, as one table. Serf,
// "member states" (serf.go: handleNodeJoin, handleNodeLeave, handleNodeUpdate,
// handleNodeJoinIntent, handleNodeLeaveIntent). All members of a mixed cluster must come to the
// same status, so the table is Serf's, row by row, but for
// one column of our own: a member that said itself that it left has left, intent or not. Pure: no
// member is stored here. Decided before we come here: intents that are not newer than the last one
// (no effect), members nobody knows (rule I2), leave intents about ourselves (rule S4 of the layer
// below has its like here: we refute).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "serf/events.h"

namespace rollcall::serf {

// Two voices: membership saw the member (up, down, changed), or somebody intends (join, leave).
// `gone`: it said itself that it left; `down`: others said that it failed.
enum class News : std::uint8_t { up, join_intent, leave_intent, down, gone, changed };

struct Change {
    bool applies = false;  // false: nothing happens, the news is stale
    Status status = Status::none;
    std::optional<MemberEventKind> event;
    bool departed = false;  // it is gone as of now: the clock of reaping starts
};

[[nodiscard]] constexpr Change change_by(Status status, News news) {
    constexpr auto alive = Status::alive, leaving = Status::leaving, left = Status::left,
                   failed = Status::failed;
    using Kind = MemberEventKind;
    constexpr auto to = [](Status then) { return Change{.applies = true, .status = then}; };
    constexpr auto tell = [](Status then, Kind kind) {
        return Change{.applies = true, .status = then, .event = kind};
    };
    constexpr auto gone = [](Status then, Kind kind) {
        return Change{.applies = true, .status = then, .event = kind, .departed = true};
    };
    constexpr Change stale{};
    constexpr Change joined = tell(alive, Kind::join);
    constexpr Change left_late = tell(left, Kind::leave);  // it keeps the time of its failure
    constexpr auto updated = [](Status same) {
        return Change{.applies = true, .status = same, .event = Kind::update};
    };
    // clang-format off
    const Change rows[4][6] = {
        //  news ->     up      join intent  leave intent  down                        gone                     changed
        /* alive   */ {joined, to(alive),   to(leaving),  gone(failed, Kind::failed), gone(left, Kind::leave), updated(alive)},
        /* leaving */ {joined, to(alive),   to(leaving),  gone(left, Kind::leave),    gone(left, Kind::leave), updated(leaving)},
        /* left    */ {joined, to(left),    to(left),     stale,                      stale,                   updated(left)},
        /* failed  */ {joined, to(failed),  left_late,    stale,                      left_late,               updated(failed)},
    };
    // clang-format on
    if (status == Status::none) return stale;
    return rows[static_cast<std::size_t>(status) - 1][static_cast<std::size_t>(news)];
}

static_assert(change_by(Status::leaving, News::down).status == Status::left,
              "a leave intent is what makes the end of a member a departure and not a failure");
static_assert(change_by(Status::failed, News::join_intent).status == Status::failed,
              "words alone raise nobody from the dead");

}  // namespace rollcall::serf
