// SPDX-License-Identifier: Apache-2.0
//
// Tries members that failed again, rule I6: one drawn at random, at each interval. The more have
// failed, the likelier we try one of them. So the cluster as a whole makes a steady number of
// attempts.
#pragma once

#include <optional>

#include "base/time.h"
#include "serf/context.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Reconnects {
public:
    explicit Reconnects(Context& context) : context_{context} {}

    void start(Time now);
    // Rule L4: the interval is another from now on.
    void interval_changed(Time now);
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }

private:
    void try_one(Time now, Outbox& out);

    Context& context_;
    std::optional<Time> due_;
};

}  // namespace rollcall::serf
