// SPDX-License-Identifier: Apache-2.0
//
// Lines that wait for a slow output, in their order. Bounded: once a line does not fit, it and all
// after it are dropped and counted by the bound that was reached, until half of the queue is free
// again, so that one gap with one number stands in the log and not many. Pure; no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace rollcall::agent {

class LineQueue {
public:
    struct Limits {
        std::size_t lines = 8192;
        std::size_t bytes = std::size_t{2} << 20;
    };
    // Since the start, by the bound that was reached.
    struct Dropped {
        std::uint64_t by_lines = 0, by_bytes = 0;
        [[nodiscard]] std::uint64_t all() const { return by_lines + by_bytes; }
    };

    explicit LineQueue(Limits limits) : limits_{limits} {}

    // False if it was dropped.
    bool push(std::string line) {
        if (in_gap_ == 0) {
            too_many_ = lines_.size() >= limits_.lines;
            if (!too_many_ && bytes_ + line.size() <= limits_.bytes) {
                bytes_ += line.size();
                lines_.push_back(std::move(line));
                return true;
            }
        }
        ++in_gap_;
        ++(too_many_ ? dropped_.by_lines : dropped_.by_bytes);
        return false;
    }
    [[nodiscard]] bool empty() const { return lines_.empty(); }
    [[nodiscard]] std::size_t size() const { return lines_.size(); }
    [[nodiscard]] std::string pop() {
        std::string line = std::move(lines_.front());
        lines_.pop_front();
        bytes_ -= line.size();
        return line;
    }
    // Lines were dropped, and half of the queue is free again.
    [[nodiscard]] bool has_room_after_gap() const {
        return in_gap_ > 0 && lines_.size() <= limits_.lines / 2 && bytes_ <= limits_.bytes / 2;
    }
    // Ends the gap if there is room: the number of lines in it, else 0.
    [[nodiscard]] std::uint64_t end_gap() {
        return has_room_after_gap() ? std::exchange(in_gap_, 0) : 0;
    }
    [[nodiscard]] const Dropped& dropped() const { return dropped_; }

private:
    Limits limits_;
    std::deque<std::string> lines_;
    std::size_t bytes_ = 0;
    std::uint64_t in_gap_ = 0;  // above 0: new lines are dropped
    bool too_many_ = false;     // the bound that began the gap
    Dropped dropped_;
};

}  // namespace rollcall::agent
