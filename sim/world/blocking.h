// SPDX-License-Identifier: Apache-2.0
//
// A process that is stuck where it sends and receives, and nowhere else, as in Lifeguard's
// experiments (arXiv 1707.00788, section V-D): what it would send is held, what it receives waits,
// and all of it goes its way afterwards. Where exactly their agents blocked is not published and
// decides the result, so it is a choice here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall::sim {

struct Blocking {
    enum class Sends : std::uint8_t {
        each,   // every message waits for itself and the core runs on, as if each had a thread
        first,  // the first message stops the whole process
        loops,  // each loop of the core stops at its own message (rule V5); bare nodes only
    };
    Sends sends = Sends::each;
    // Deadlines pass as ever until the process is stopped by a send. False: none until the end.
    bool timers_run = true;
    // Received datagrams that wait, the oldest kept. 1 to 1 000 000: as good as no bound.
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
