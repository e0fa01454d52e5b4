// SPDX-License-Identifier: Apache-2.0
//
// Tries to reconnect to failed members, rule I6: a random one at each interval, of those that
// answered us if there are any. The more have
// failed, the more likely is an attempt, so the cluster as a whole makes a steady number of
// attempts.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "serf/context.h"
#include "serf/members.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Reconnects {
public:
    explicit Reconnects(Context& context) : context_{context} {}

    void start(Time now);
    // Rule L4: the interval changed.
    void interval_changed(Time now);
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }

private:
    void try_one(Time now, Outbox& out);

    Context& context_;
    std::optional<Time> due_;
    std::vector<const Member*> candidates_;
};

}  // namespace rollcall::serf
