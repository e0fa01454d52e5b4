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
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "membership/outbox.h"

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

// What a blocked process has sent, in order; released when the block ends.
class HeldSends {
public:
    static constexpr std::size_t kMost = 65536;  // more are dropped and counted

    struct Held {
        bool datagram = true;
        Endpoint to;
        membership::StreamAction action{};
        std::vector<std::byte> bytes;
    };
    void push(Held held) {
        if (held_.size() >= kMost) {
            ++dropped_;
            return;
        }
        held_.push_back(std::move(held));
    }
    [[nodiscard]] std::vector<Held> take() { return std::exchange(held_, {}); }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    void clear() { held_.clear(); }

private:
    std::vector<Held> held_;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::sim
