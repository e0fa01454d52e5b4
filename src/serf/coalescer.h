// SPDX-License-Identifier: Apache-2.0
//
// Event coalescing (rule E7), for scripts and streams; the snapshot and the protocol do not use it.
// Two machines over deadlines, enabled by their owner. They delay events until nothing new has come
// for `quiet`, or `window` after the first; each call returns the events that are due. Bounded:
// when full, all events are due.
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

// When the delayed events are due.
class CoalesceDeadline {
public:
    explicit CoalesceDeadline(CoalesceTimes times) : times_{times} {}
    void event_at(Time now);
    [[nodiscard]] bool due(Time now) const { return at_ && now >= *at_; }
    [[nodiscard]] std::optional<Time> at() const { return at_; }
    void clear() { at_.reset(); }

private:
    CoalesceTimes times_;
    Time latest_{};  // of the window
    std::optional<Time> at_;
};

// Of the coalescing user events, the newest of each name; several when they have the same time.
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

// Members with the same kind of event.
struct MemberEventGroup {
    MemberEventKind kind = MemberEventKind::join;
    std::vector<MemberRecord> members;
};

// The last event of each member, unless its kind was reported last; updates are always reported.
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
    std::map<std::string, MemberEventKind> reported_;  // last; without erased members
};

}  // namespace rollcall::serf
