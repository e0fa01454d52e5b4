// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "membership/outbox.h"
#include "serf/events.h"

namespace rollcall::serf {

// The core's Outbox, plus the events of the Serf layer. Membership events stay readable too: they
// name the accusers.
class Outbox : public membership::Outbox {
public:
    using membership::Outbox::notify;
    void notify_serf(Event event) { serf_events_.push_back(std::move(event)); }
    [[nodiscard]] std::span<const Event> serf_events() const { return serf_events_; }
    [[nodiscard]] bool empty() const { return membership::Outbox::empty() && serf_events_.empty(); }
    void clear() {
        membership::Outbox::clear();
        serf_events_.clear();
    }

private:
    std::vector<Event> serf_events_;
};

}  // namespace rollcall::serf
