// SPDX-License-Identifier: Apache-2.0
//
// Queries of others, and our own as they reach ourselves (rules E2, E6): spreads them, acknowledges
// those that are about us, and reports them to the application, or hands them to the machine that
// answers if they are among Serfs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/key_changes.h"
#include "serf/messages.h"
#include "serf/name_votes.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/query_filters.h"
#include "serf/recent_items.h"
#include "serf/recent_ring.h"
#include "serf/rejects.h"
#include "serf/replies.h"
#include "serf/say_error.h"

namespace rollcall::serf {

class Answering {
public:
    Answering(Context& context, Rejects& rejects, Replies& replies, KeyChanges& key_changes,
              NameVotes& name_votes)
        : context_{context},
          rejects_{rejects},
          replies_{replies},
          key_changes_{key_changes},
          name_votes_{name_votes},
          recent_{context.config.query_buffer, context.config.max_buffered_bytes / 2},
          open_{context.config.max_open_queries} {}

    void query_received(Time now, Bytes message, Outbox& out);
    // Of ours. Remembered as any other, so that its echo is no news.
    void query_sent(Time now, const Query& query, Outbox& out);
    // The application answers a query that it was told of.
    std::optional<SayError> respond(Time now, QueryHandle handle, Bytes payload, Outbox& out);
    // Nothing earlier than this is looked at any more.
    void ignore_before(LamportTime time) { recent_.raise_floor(time); }

    [[nodiscard]] std::size_t open() const { return open_.size(); }
    [[nodiscard]] std::uint64_t closed_early() const { return open_.closed_early(); }

private:
    // What a fresh one means for us.
    void take_in(Time now, const Query& query, Outbox& out);
    void take_in_internal(Time now, const Query& query, const ReturnPath& path, Outbox& out);

    Context& context_;
    Rejects& rejects_;
    Replies& replies_;
    KeyChanges& key_changes_;
    NameVotes& name_votes_;
    RecentRing<RecentQuery> recent_;
    QueryFilters filters_;
    OpenQueries open_;
};

}  // namespace rollcall::serf
