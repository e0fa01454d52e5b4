// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/alarm_clock.h"

#include <string>
#include <utility>

#include "sim/world/ranges.h"

namespace rollcall::sim {
namespace {

constexpr Duration kMostOffset{1'000'000'000'000'000};  // 11 days and some

Duration draw_offset(Rng& dice) {
    const std::uint64_t offset = dice.below(static_cast<std::uint64_t>(kMostOffset.count()));
    return Duration{static_cast<Duration::rep>(offset)};
}

}  // namespace

AlarmClock::AlarmClock(World& world, NodeLog& log, Rng& dice, Duration wake_delay,
                       Handlers handlers)
    : world_{world},
      log_{log},
      clock_{draw_offset(dice)},
      wake_delay_{wake_delay},
      handlers_{std::move(handlers)} {}

void AlarmClock::set_drift(int ppm) {
    log_.note("clock drifts by " + std::to_string(ppm) + " ppm");
    clock_.set_drift(world_.now(), ppm);
    clear_alarm();
    handlers_.changed();
}

void AlarmClock::jump(Duration forward) {
    log_.note("clock jumps by " + whole_units(forward));
    clock_.jump(world_.now(), forward);
    clear_alarm();
    handlers_.changed();
}

void AlarmClock::set_alarm(std::optional<Time> at) {
    if (at == set_to_) return;
    set_to_ = at;
    ++alarm_;
    if (!at) return;
    Time rings = clock_.world(*at);
    if (wake_delay_ > Duration{}) {
        const std::uint64_t late =
            world_.rng().below(static_cast<std::uint64_t>(wake_delay_.count()));
        rings += Duration{static_cast<Duration::rep>(late)};
    }
    world_.at_last(rings, *this, alarm_);
}

void AlarmClock::cancel_alarm() {
    set_to_.reset();
    ++alarm_;
}

void AlarmClock::act(std::uint64_t alarm) {
    if (alarm == alarm_) handlers_.alarm();
}

}  // namespace rollcall::sim
