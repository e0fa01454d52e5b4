// SPDX-License-Identifier: Apache-2.0
//
// User events: what members say to all others (rule E1), and what we say (rule E4). Remembers the
// recent ones, so that each is reported once and push/pulls can repeat them.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/outbox.h"
#include "serf/push_pull_state.h"
#include "serf/recent_items.h"
#include "serf/recent_ring.h"
#include "serf/rejects.h"
#include "serf/say_error.h"

namespace rollcall::serf {

class UserEvents {
public:
    UserEvents(Context& context, Rejects& rejects)
        : context_{context},
          rejects_{rejects},
          recent_{context.config.event_buffer, context.config.max_buffered_bytes / 2} {}

    std::optional<SayError> send(std::string_view name, Bytes payload, bool coalesce, Outbox& out);
    void received(Time now, Bytes message, Outbox& out);

    // Our recent events for a push/pull, the newest first; borrowed.
    void add_to(PushPullState& state) const;
    // Those of a peer's push/pull.
    void merge(Time now, const PushPullState& state, Outbox& out);
    // Nothing earlier than this is reported any more.
    void ignore_before(LamportTime time) { recent_.raise_floor(time); }

private:
    // Reports an event that is new to us. True: it was.
    bool report(LamportTime time, const StateEvent& event, bool coalesce, Outbox& out);

    Context& context_;
    Rejects& rejects_;
    RecentRing<RecentEvent> recent_;
};

}  // namespace rollcall::serf
