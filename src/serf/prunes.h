// SPDX-License-Identifier: Apache-2.0
//
// Members to be pruned, rule I5. A member that may still be alive gets time to refute: Serf sleeps
// that long, we keep a deadline.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/time.h"
#include "serf/context.h"
#include "serf/member_events.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Prunes {
public:
    Prunes(Context& context, MemberEvents& member_events)
        : context_{context}, member_events_{member_events} {}

    // Erases the member now if it left, else after a delay. `member` may be dangling afterwards.
    void prune(Time now, Member& member, Outbox& out);

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const {
        if (pending_.empty()) return {};
        return pending_.front().due;
    }

private:
    struct Pending {
        std::string name;
        Time due{};
    };

    Context& context_;
    MemberEvents& member_events_;
    std::deque<Pending> pending_;  // by due time: all wait equally long
};

}  // namespace rollcall::serf
