// SPDX-License-Identifier: Apache-2.0
//
// Virtual time and its events. One heap of events, ordered by time, then by insertion, so that a
// run depends on its seed alone. Time moves only from one event to the next; no real clock is read.
// One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/time.h"

namespace rollcall::sim {

// Receiver of events. `what` is the actor's own number for an event.
class Actor {
public:
    virtual ~Actor() = default;
    virtual void act(std::uint64_t what) = 0;
};

class World {
public:
    explicit World(std::uint64_t seed) : rng_{seed} {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] Time now() const { return now_; }
    // The random generator of the network and the schedule; every node has its own.
    [[nodiscard]] Rng& rng() { return rng_; }

    // `actor` must outlive the event. A time in the past means now.
    void at(Time when, Actor& actor, std::uint64_t what) { post(when, 0, actor, what); }
    // After all other events of that time, whenever they were posted: so input that has already
    // arrived is handled before a deadline.
    void at_last(Time when, Actor& actor, std::uint64_t what) { post(when, kLast, actor, what); }

    // Runs the earliest event unless it is later than `limit`. False: no event was due, and the
    // time is now `limit`.
    bool step(Time limit);

    [[nodiscard]] std::uint64_t events_run() const { return events_run_; }
    [[nodiscard]] std::size_t events_pending() const { return heap_.size(); }

private:
    static constexpr std::uint64_t kLast = 1ull << 63;
    struct Event {
        Time at;
        std::uint64_t order;
        Actor* actor;
        std::uint64_t what;
    };
    // Of two events, whether `a` comes after `b`.
    struct Later {
        bool operator()(const Event& a, const Event& b) const {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };
    void post(Time when, std::uint64_t last, Actor& actor, std::uint64_t what);

    Rng rng_;
    Time now_{};
    std::vector<Event> heap_;
    std::uint64_t next_order_ = 0;
    std::uint64_t events_run_ = 0;
};

}  // namespace rollcall::sim
