// SPDX-License-Identifier: Apache-2.0
//
// Members to be pruned, rule I5. A member that membership considers alive is never erased: any
// member can send a prune about any other. Its prune waits until membership declares it dead or
// learns that it left, and ends when it turns out to stay, or with its time. Bounded. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "serf/context.h"
#include "serf/member_events.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class Prunes {
public:
    static constexpr std::size_t kMaxPending = 4096;
    // Longer than the longest suspicion of a cluster of ten thousand.
    static constexpr Duration kLongestWait = std::chrono::minutes{5};
    static constexpr Duration kLookedAtEvery = std::chrono::seconds{1};

    Prunes(Context& context, MemberEvents& member_events)
        : context_{context}, member_events_{member_events} {}

    // Erases the member now if it left, else when it has. `member` may be dangling afterwards.
    void prune(Time now, Member& member, Outbox& out);

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const {
        if (pending_.empty()) return {};
        return pending_.front().due;
    }

private:
    struct Pending {
        std::string name;
        Time due{};  // when it is looked at next
        Time expires{};
    };

    [[nodiscard]] bool considered_alive(std::string_view name) const;
    // False: it waits on.
    [[nodiscard]] bool settle(Time now, const Pending& prune, Outbox& out);

    Context& context_;
    MemberEvents& member_events_;
    std::deque<Pending> pending_;  // by due time
};

}  // namespace rollcall::serf
