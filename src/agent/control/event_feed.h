// SPDX-License-Identifier: Apache-2.0
//
// Coalesces events for streams and scripts: member events and the user events that allow it (rule
// E7) are delivered after a second of quiet, at the latest after three, as Serf's agent does;
// everything else at once. The log does not use it. One timer on the loop; the loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>

#include "base/time.h"
#include "serf/coalescer.h"
#include "serf/events.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

inline constexpr serf::CoalesceTimes kFeedTimes{.window = std::chrono::seconds{3},
                                                .quiet = std::chrono::seconds{1}};

class EventFeed {
public:
    struct Listener {
        std::function<void(const serf::MemberEventGroup&)> members;
        std::function<void(const serf::UserEventReceived&)> user_event;
        std::function<void(const serf::QueryReceived&)> query;
    };
    EventFeed(uv_loop_t& loop, Listener listener, serf::CoalesceTimes times = kFeedTimes);
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    // A libuv error, or 0.
    void begin();
    // Ignores kinds of events that the listener does not have.
    void offer(const serf::Event& event);
    // Delivers pending events at once. `closed` is called by the loop.
    void close(const std::function<void()>& closed);

private:
    void deliver(const serf::MemberEventCoalescer::Due& due) const;
    void deliver(const serf::UserEventCoalescer::Due& due) const;
    void deliver_due(Time now);
    void arm();
    void due();

    uv_loop_t& loop_;
    Listener listener_;
    serf::MemberEventCoalescer member_events_;
    serf::UserEventCoalescer user_events_;
    transport::Timer<EventFeed> timer_;
    bool closed_ = false;
};

}  // namespace rollcall::agent
