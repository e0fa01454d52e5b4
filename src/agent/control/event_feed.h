// SPDX-License-Identifier: Apache-2.0
//
// Events on their way to whoever listens to this agent: streams of the control protocol. Member
// events and the user events that allow it are told as few (rule E7), after a second of quiet and
// at the latest after three, as Serf's agent does; everything else at once. Logs do not wait: they
// are no listeners. One timer on the loop; the loop's thread.
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
    // Events that nobody listens to are let go.
    void offer(const serf::Event& event);
    // Tells what is held back, and holds back no more. `closed` is called by the loop.
    void close(const std::function<void()>& closed);

private:
    void tell(const serf::MemberEventCoalescer::Due& due) const;
    void tell(const serf::UserEventCoalescer::Due& due) const;
    void tell_due(Time now);
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
