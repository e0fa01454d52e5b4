// SPDX-License-Identifier: Apache-2.0
//
// A process that blocks only where it sends and receives, as in Lifeguard's experiments (arXiv
// 1707.00788, section V-D): its messages are held, its input waits, and both are released
// afterwards. Where exactly their agents blocked is not published but decides the result, so it is
// a parameter here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall::sim {

struct Blocking {
    enum class Sends : std::uint8_t {
        each,   // every message waits separately and the core runs on, as if each had a thread
        first,  // the first message stops the whole process
        loops,  // each loop of the core stops at its own message (rule V5); bare nodes only
    };
    Sends sends = Sends::each;
    // Timers fire until a send stops the process. False: no timer fires until the block ends.
    bool timers_run = true;
    // Received datagrams that wait, the oldest kept. 1 to 1 000 000 (practically unbounded).
    std::size_t backlog = 1024;

    static constexpr std::size_t kMostBacklog = 1'000'000;
    // Empty, or what is wrong with it and what is allowed.
    [[nodiscard]] std::string problem() const {
        if (backlog >= 1 && backlog <= kMostBacklog) return {};
        return "backlog is " + std::to_string(backlog) + "; allowed is 1 to " +
               std::to_string(kMostBacklog);
    }
};

}  // namespace rollcall::sim
