// SPDX-License-Identifier: Apache-2.0
//
// Commands that wait until their broadcast was sent often enough, or timed out (rules L2, L3).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/broadcast_queue.h"
#include "membership/outbox.h"

namespace rollcall::membership {

class Waiters {
public:
    enum class Kind : std::uint8_t { leave, update };

    // The request's number is the token of its broadcast. A timeout of 0 waits indefinitely.
    void add(Time now, RequestId request, Kind kind, Duration timeout) {
        waiting_.push_back(
            {request, kind, timeout > Duration{} ? std::optional{now + timeout} : std::nullopt});
    }
    void message_finished(BroadcastQueue::Token token, Outbox& out) {
        const auto found = std::ranges::find(waiting_, RequestId{token}, &Waiter::request);
        if (found != waiting_.end()) finish(found, false, out);
    }
    void handle_timeout(Time now, Outbox& out) {
        for (auto it = waiting_.begin(); it != waiting_.end();) {
            it = it->deadline && *it->deadline <= now ? finish(it, true, out) : std::next(it);
        }
    }
    [[nodiscard]] std::optional<Time> next_deadline() const {
        std::optional<Time> next;
        for (const Waiter& w : waiting_) {
            if (w.deadline) next = next ? std::min(*next, *w.deadline) : *w.deadline;
        }
        return next;
    }
    static void notify(RequestId request, Kind kind, bool timed_out, Outbox& out) {
        switch (kind) {
            case Kind::leave:
                return out.notify(LeaveFinished{request, timed_out});
            case Kind::update:
                return out.notify(UpdateFinished{request, timed_out});
        }
    }

private:
    struct Waiter {
        RequestId request;
        Kind kind = Kind::update;
        std::optional<Time> deadline;
    };
    std::vector<Waiter>::iterator finish(std::vector<Waiter>::iterator it, bool timed_out,
                                         Outbox& out) {
        notify(it->request, it->kind, timed_out, out);
        return waiting_.erase(it);
    }
    std::vector<Waiter> waiting_;
};

}  // namespace rollcall::membership
