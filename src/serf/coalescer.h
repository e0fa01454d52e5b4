// SPDX-License-Identifier: Apache-2.0
//
// Many events told as one (rule E7), for whoever listens: scripts and streams, not for the snapshot
// or the protocol. Two machines over deadlines, each switched on by whoever drives it. They hold
// events back until nothing new has come for `quiet`, or for `window` since the first; they tell
// nobody, what is due comes back from the call. Bounded in what they hold: when full, all is due.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "serf/events.h"

namespace rollcall::serf {

struct CoalesceTimes {
    Duration window{};  // above 0
    Duration quiet{};   // above 0, not above the window
};

// When the events held back are due.
class CoalesceDeadline {
public:
    explicit CoalesceDeadline(CoalesceTimes times) : times_{times} {}
    void heard(Time now);
    [[nodiscard]] bool due(Time now) const { return at_ && now >= *at_; }
    [[nodiscard]] std::optional<Time> at() const { return at_; }
    void clear() { at_.reset(); }

private:
    CoalesceTimes times_;
    Time latest_{};  // of the window
    std::optional<Time> at_;
};

// Of the user events that allow it, the newest of each name; several when they are of one time.
class UserEventCoalescer {
public:
    static constexpr std::size_t kMostHeld = 4096;

    explicit UserEventCoalescer(CoalesceTimes times) : deadline_{times} {}
    using Due = std::vector<UserEventReceived>;
    [[nodiscard]] Due offer(Time now, UserEventReceived event);
    [[nodiscard]] Due expire(Time now);
    [[nodiscard]] std::optional<Time> deadline() const { return deadline_.at(); }

private:
    [[nodiscard]] Due flush();

    CoalesceDeadline deadline_;
    std::map<std::string, Due> held_;
    std::size_t count_ = 0;
};

// Members to whom the same happened.
struct MemberEventGroup {
    MemberEventKind kind = MemberEventKind::join;
    std::vector<MemberRecord> members;
};

// Of each member the last thing that happened, unless that is what was told last; updates always.
class MemberEventCoalescer {
public:
    static constexpr std::size_t kMostHeld = 65536;

    explicit MemberEventCoalescer(CoalesceTimes times) : deadline_{times} {}
    using Due = std::vector<MemberEventGroup>;  // by kind, members by name
    [[nodiscard]] Due offer(Time now, const MemberEvent& event);
    [[nodiscard]] Due expire(Time now);
    [[nodiscard]] std::optional<Time> deadline() const { return deadline_.at(); }

private:
    [[nodiscard]] Due flush();

    CoalesceDeadline deadline_;
    std::map<std::string, MemberEvent> held_;
    std::map<std::string, MemberEventKind> told_;  // last; nothing of members that were erased
};

}  // namespace rollcall::serf
