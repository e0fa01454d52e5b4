// SPDX-License-Identifier: Apache-2.0
//
// A logical clock (Lamport 1978): orders the messages of a cluster without wall-clock time. Rule
// C1. Starts at 1. A forged message may contain any time, so the 64 bits are divided:
//
//   1 ................ free ................ end ................ 2^64
//     any time is taken     small steps only     nothing is taken
//
// No honest cluster reaches `free`. One that was pushed there goes on: its own messages are small
// steps. There a clock that disagrees with those of all peers follows their push/pulls, up or down,
// and one that comes near `end` begins again at `free`. Only these two move a clock back. Knows no
// peers and no messages. One thread.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::serf {

struct LamportLimits {
    // Below it every time is taken, however far ahead: all members decide the same, whatever their
    // own clocks show. A cluster with a million messages a second reaches it in 146 000 years.
    std::uint64_t free = std::uint64_t{1} << 62;
    std::uint64_t end = std::uint64_t{3} << 62;
    // Steps above `free`: more than any cluster sends, and so few that the end is 272 years away.
    std::uint64_t per_second = std::uint64_t{1} << 30;
    std::uint64_t burst = std::uint64_t{1} << 36;  // 64 seconds of steps
};

class LamportClock {
public:
    // Beyond that a message is too old for the buffers of recent ones (rules E1, E2), with their
    // default size of 512.
    static constexpr std::uint64_t kNear = 256;
    // States in a row that must all be ahead, or all be behind, before we follow them. Not equal,
    // since two members that see only each other would swap their clocks.
    static constexpr unsigned kStatesToRise = 4;
    static constexpr unsigned kStatesToFall = 8;

    explicit LamportClock(const LamportLimits& limits = {}) : limits_{limits} {}

    // The next unused time, as far as we know.
    [[nodiscard]] LamportTime time() const { return now_; }
    // Uses the current time. At the very end it stays there, rather than wrap.
    LamportTime increment();

    // `seen` was used by another member: moves ours past it. False: it is too far ahead, so its
    // message is refused; ours has moved as far as it may.
    [[nodiscard]] bool witness(Time now, LamportTime seen);

    enum class Followed : std::uint8_t { no, up, down };
    // `next` is a peer's clock, in a push/pull. The first since the start is followed at once.
    // `down`: what was recorded at time() or later must be forgotten.
    Followed follow(Time now, LamportTime next);

    // The last state was out of reach, so more of them are needed to decide who is wrong; or so far
    // away above `free` that one of us would consider the other's next messages too old.
    [[nodiscard]] bool disagrees() const { return ahead_ + behind_ > 0 || apart_; }

    // Goes on after a time used before a restart. One at `end` or above is ignored.
    void restore(LamportTime last);
    // No member can have such a clock: one who sends it lies.
    [[nodiscard]] bool impossible(LamportTime next) const { return next.value() > limits_.end; }

private:
    void refill(Time now);
    [[nodiscard]] std::uint64_t base() const;   // where steps are counted from
    [[nodiscard]] std::uint64_t reach() const;  // times below can be taken; after refill()
    Followed move(std::uint64_t to, Followed how);

    LamportLimits limits_;
    LamportTime now_{1};
    std::uint64_t steps_ = limits_.burst;  // that may be taken now
    Time refilled_{};
    bool young_ = true;                // no state was seen
    unsigned ahead_ = 0, behind_ = 0;  // states in a row; one of them is 0
    bool apart_ = false;               // the last state was not near
    std::uint64_t nearest_ = 0;        // of those states' clocks the one that is nearest to ours
};

}  // namespace rollcall::serf
