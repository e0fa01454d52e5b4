// SPDX-License-Identifier: Apache-2.0
//
// User events: received ones (rule E1) and our own (rule E4). Keeps the recent ones, so that each
// is reported once and push/pulls can repeat them.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/message_error.h"
#include "serf/outbox.h"
#include "serf/push_pull_state.h"
#include "serf/recent_items.h"
#include "serf/recent_ring.h"
#include "serf/rejects.h"

namespace rollcall::serf {

class UserEvents {
public:
    UserEvents(Context& context, Rejects& rejects)
        : context_{context},
          rejects_{rejects},
          recent_{context.config.event_buffer, context.config.max_buffered_bytes / 2} {}

    std::optional<MessageError> send(std::string_view name, Bytes payload, bool coalesce,
                                     Outbox& out);
    void received(Time now, Bytes message, Outbox& out);

    // Our recent events for a push/pull, the newest first; borrowed.
    void add_to(PushPullState& state) const;
    // Those of a peer's push/pull.
    void merge(Time now, const PushPullState& state, Outbox& out);
    // Events earlier than this are not reported.
    void ignore_before(LamportTime time) { recent_.raise_floor(time); }
    // Our clock fell back to this time.
    void forget_from(LamportTime time) { recent_.forget_from(time); }

private:
    // Reports an event unless it is old or a duplicate. True: reported.
    bool report(LamportTime time, const StateEvent& event, bool coalesce, Outbox& out);

    Context& context_;
    Rejects& rejects_;
    RecentRing<RecentEvent> recent_;
};

}  // namespace rollcall::serf
