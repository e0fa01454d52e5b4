// SPDX-License-Identifier: Apache-2.0
//
// Votes on a name that two nodes use (rule W1): asks the others about ours, and answers their
// queries about theirs. A vote can end a newcomer only: a node that others knew under its name
// before it was claimed elsewhere keeps running.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/context.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/outgoing_queries.h"
#include "serf/replies.h"

namespace rollcall::serf {

// The answers so far.
struct NameVote {
    std::size_t for_us = 0, answers = 0;
    bool incumbent = false;  // others knew us when the name was claimed
    WireAddress rival_address;
    std::uint16_t rival_port = 0;
};

class NameVotes {
public:
    static constexpr std::string_view kQuery = "_serf_conflict";

    NameVotes(Context& context, OutgoingQueries& outgoing_queries, Replies& replies)
        : context_{context}, outgoing_queries_{outgoing_queries}, replies_{replies} {}

    // A name was claimed from another address; perhaps ours.
    void claimed(const membership::NameConflict& event);
    // Asks the others, if our name was claimed in the current call. Not earlier: the state that
    // contains the rival also contains the members that can be asked.
    void ask_if_claimed(Time now, Outbox& out);

    void answered(const QueryResponse& response);
    void ended(Outbox& out);

    // A member asks which node has the name.
    void asked(Time now, std::string_view name, const ReturnPath& path, Outbox& out);

private:
    [[nodiscard]] bool may_vote(std::string_view name) const;

    Context& context_;
    OutgoingQueries& outgoing_queries_;
    Replies& replies_;
    std::optional<NameVote> claimed_;  // in this call
    std::optional<NameVote> vote_;
};

}  // namespace rollcall::serf
