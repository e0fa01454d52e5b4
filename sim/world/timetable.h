// SPDX-License-Identifier: Apache-2.0
//
// Calls scheduled in virtual time: faults of a schedule, and what a test schedules while it waits
// for something else. They run between events, never inside a core.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "sim/world/world.h"

namespace rollcall::sim {

class Timetable final : public Actor {
public:
    explicit Timetable(World& world) : world_{world} {}

    // A scheduled call may schedule more.
    void at(Time when, std::function<void()> what) {
        std::uint32_t slot = 0;
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(plans_.size());
            plans_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        plans_[slot] = std::move(what);
        world_.at(when, *this, slot);
    }

    void act(std::uint64_t slot) override {
        const std::function<void()> what = std::exchange(plans_[slot], {});
        free_.push_back(static_cast<std::uint32_t>(slot));
        what();
    }

private:
    World& world_;
    std::vector<std::function<void()>> plans_;
    std::vector<std::uint32_t> free_;
};

}  // namespace rollcall::sim
