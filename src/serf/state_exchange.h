// SPDX-License-Identifier: Apache-2.0
//
// The user state of this layer in a push/pull: encodes ours and applies a peer's (rule I3).
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/clocks.h"
#include "serf/context.h"
#include "serf/intents.h"
#include "serf/joins.h"
#include "serf/outbox.h"
#include "serf/push_pull_state.h"
#include "serf/rejects.h"
#include "serf/user_events.h"

namespace rollcall::serf {

class StateExchange {
public:
    StateExchange(Context& context, Rejects& rejects, Clocks& clocks, Intents& intents,
                  UserEvents& user_events, Joins& joins)
        : context_{context},
          rejects_{rejects},
          clocks_{clocks},
          intents_{intents},
          user_events_{user_events},
          joins_{joins} {}

    // Ours, appended.
    void local_state(std::vector<std::byte>& bytes) const;
    // Applies a peer's. `join`: part of a join, ours or the peer's.
    void merge(Time now, Bytes bytes, bool join, Outbox& out);

private:
    void apply_intents(Time now, const PushPullState& state, Outbox& out);

    Context& context_;
    Rejects& rejects_;
    Clocks& clocks_;
    Intents& intents_;
    UserEvents& user_events_;
    Joins& joins_;
};

}  // namespace rollcall::serf
