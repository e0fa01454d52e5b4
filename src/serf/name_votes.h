// SPDX-License-Identifier: Apache-2.0
//
// Who may keep a name that two nodes use (rule W1): asks the others about ours, and answers them
// about theirs.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/asking.h"
#include "serf/context.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/replies.h"

namespace rollcall::serf {

// What the others answered so far.
struct NameVote {
    std::size_t for_us = 0, answers = 0;
};

class NameVotes {
public:
    static constexpr std::string_view kQuery = "_serf_conflict";

    NameVotes(Context& context, Asking& asking, Replies& replies)
        : context_{context}, asking_{asking}, replies_{replies} {}

    // A claim from another address; perhaps on our name.
    void claimed(const membership::NameConflict& event);
    // Asks the others, if our name was claimed in the current call. Not earlier: the state that
    // tells of a rival also tells of those who can be asked.
    void ask_if_claimed(Time now, Outbox& out);

    void answered(const QueryResponse& response);
    void ended(Outbox& out);

    // A member asks who has the name.
    void asked(Time now, std::string_view name, const ReturnPath& path, Outbox& out);

private:
    Context& context_;
    Asking& asking_;
    Replies& replies_;
    bool claimed_ = false;
    std::optional<NameVote> vote_;
};

}  // namespace rollcall::serf
