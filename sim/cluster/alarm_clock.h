// SPDX-License-Identifier: Apache-2.0
//
// A host's clock as the process on it uses it: the time it shows, and one alarm for the core's next
// deadline. Each host's clock starts somewhere else and may drift or jump; the alarm is set in the
// host's time and rings in the world's, late by up to the wake delay.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/rng.h"
#include "base/time.h"
#include "sim/cluster/node_log.h"
#include "sim/world/host_clock.h"
#include "sim/world/world.h"

namespace rollcall::sim {

class AlarmClock final : public Actor {
public:
    struct Handlers {
        std::function<void()> alarm;    // the time that was set last has come
        std::function<void()> changed;  // the clock was changed: the alarm must be set again
    };
    // It shows a time drawn from `dice`: nothing may depend on a time that hosts share.
    AlarmClock(World& world, NodeLog& log, Rng& dice, Duration wake_delay, Handlers handlers);

    [[nodiscard]] Time now() const { return clock_.local(world_.now()); }
    [[nodiscard]] Time to_world(Time local) const { return clock_.world(local); }

    // The clock runs fast (above 0) or slow from now on, in parts per million.
    void set_drift(int ppm);
    // The clock jumps, as after a suspend. It never goes back: HostClock::jump_problem().
    void jump(Duration forward);

    // Replaces the alarm unless it is set to that time. It rings after all other events of that
    // moment. nullopt: none.
    void set_alarm(std::optional<Time> at);
    // The alarm has served: set_alarm() sets it again, even to the same time.
    void clear_alarm() { set_to_.reset(); }
    // It does not ring any more.
    void cancel_alarm();

    void act(std::uint64_t alarm) override;

private:
    World& world_;
    NodeLog& log_;
    HostClock clock_;
    Duration wake_delay_;
    Handlers handlers_;
    std::optional<Time> set_to_;
    std::uint64_t alarm_ = 0;  // number of the last one; earlier ones are outdated
};

}  // namespace rollcall::sim
