// SPDX-License-Identifier: Apache-2.0
#include "agent/control/event_feed.h"

#include <optional>
#include <utility>
#include <variant>

#include "transport/clock.h"

namespace rollcall::agent {

EventFeed::EventFeed(uv_loop_t& loop, Listener listener, serf::CoalesceTimes times)
    : loop_{loop}, listener_{std::move(listener)}, member_events_{times}, user_events_{times} {}

void EventFeed::begin() {
    timer_.init(*this, loop_);
}

void EventFeed::offer(const serf::Event& event) {
    if (closed_) return;
    const Time now = transport::clock_now();
    if (const auto* member = std::get_if<serf::MemberEvent>(&event)) {
        deliver(member_events_.offer(now, *member));
    } else if (const auto* user = std::get_if<serf::UserEventReceived>(&event)) {
        deliver(user_events_.offer(now, *user));
    } else if (const auto* query = std::get_if<serf::QueryReceived>(&event)) {
        return listener_.query(*query);
    } else {
        return;
    }
    arm();
}

void EventFeed::close(const std::function<void()>& closed) {
    if (!std::exchange(closed_, true)) deliver_due(Time::max());
    timer_.close(closed);
}

void EventFeed::deliver(const serf::MemberEventCoalescer::Due& due) const {
    for (const serf::MemberEventGroup& group : due) listener_.members(group);
}

void EventFeed::deliver(const serf::UserEventCoalescer::Due& due) const {
    for (const serf::UserEventReceived& event : due) listener_.user_event(event);
}

void EventFeed::deliver_due(Time now) {
    deliver(member_events_.expire(now));
    deliver(user_events_.expire(now));
}

void EventFeed::due() {
    deliver_due(transport::clock_now());
    arm();
}

void EventFeed::arm() {
    std::optional<Time> at = member_events_.deadline();
    if (const auto other = user_events_.deadline(); other && (!at || *other < *at)) at = other;
    if (!at || !timer_) return;
    timer_.start<&EventFeed::due>(*at - transport::clock_now());
}

}  // namespace rollcall::agent
