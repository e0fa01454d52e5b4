// SPDX-License-Identifier: Apache-2.0
//
// Our running force-leaves (rule I5): each runs until its intent was gossiped often enough.
#pragma once

#include <deque>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "serf/command_error.h"
#include "serf/context.h"
#include "serf/intents.h"
#include "serf/outbox.h"
#include "serf/queues.h"

namespace rollcall::serf {

class ForceLeaves {
public:
    ForceLeaves(Context& context, Intents& intents) : context_{context}, intents_{intents} {}

    Result<RequestId, CommandError> start(Time now, std::string_view name, bool prune, Outbox& out);
    // An intent was gossiped often enough; perhaps one of these, and perhaps after its deadline.
    void intent_sent(Queues::Token token, Outbox& out);

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const {
        if (running_.empty()) return {};
        return running_.front().deadline;
    }

private:
    struct ForceLeave {
        RequestId request;
        Queues::Token token = 0;
        Time deadline{};
    };

    Context& context_;
    Intents& intents_;
    std::deque<ForceLeave> running_;  // by deadline: all wait equally long
};

}  // namespace rollcall::serf
