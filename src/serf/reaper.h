// SPDX-License-Identifier: Apache-2.0
//
// Reaps old entries, rule I6: members that failed or left long ago, and intents about members that
// never appeared. Ends leaves that did not come, rule I1.
#pragma once

#include <optional>
#include <span>

#include "base/time.h"
#include "serf/context.h"
#include "serf/member_events.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Reaper {
public:
    Reaper(Context& context, MemberEvents& member_events)
        : context_{context}, member_events_{member_events} {}

    void start(Time now) { due_ = now + context_.config.reap_interval; }
    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }

private:
    void reap(Time now, std::span<Member* const> list, Duration timeout, Outbox& out);

    Context& context_;
    MemberEvents& member_events_;
    std::optional<Time> due_;
};

}  // namespace rollcall::serf
