// SPDX-License-Identifier: Apache-2.0
//
// Queries that arrive, our own included (rules E2, E6): gossips them, acknowledges those whose
// filters match us, and reports them to the application; internal queries go to the machine that
// answers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/key_changes.h"
#include "serf/message_error.h"
#include "serf/messages.h"
#include "serf/name_votes.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/query_filters.h"
#include "serf/recent_items.h"
#include "serf/recent_ring.h"
#include "serf/rejects.h"
#include "serf/replies.h"
#include "serf/tune_requests.h"

namespace rollcall::serf {

class IncomingQueries {
public:
    IncomingQueries(Context& context, Rejects& rejects, Replies& replies, KeyChanges& key_changes,
                    NameVotes& name_votes, TuneRequests& tunes)
        : context_{context},
          rejects_{rejects},
          replies_{replies},
          key_changes_{key_changes},
          name_votes_{name_votes},
          tunes_{tunes},
          recent_{context.config.query_buffer, context.config.max_buffered_bytes / 2},
          filters_{context.node.work_clock()},
          open_{context.config.max_open_queries} {}

    void query_received(Time now, Bytes message, Outbox& out);
    // A query of ours. Recorded like any other, so that its echo is a duplicate.
    void query_sent(Time now, const Query& query, Outbox& out);
    // The application answers a query.
    std::optional<MessageError> respond(Time now, QueryHandle handle, Bytes payload, Outbox& out);
    // Queries earlier than this are ignored.
    void ignore_before(LamportTime time) { recent_.raise_floor(time); }
    // Our clock fell back to this time.
    void forget_from(LamportTime time) { recent_.forget_from(time); }

    [[nodiscard]] std::size_t open() const { return open_.size(); }
    [[nodiscard]] std::uint64_t closed_early() const { return open_.closed_early(); }

private:
    // Processes a query that is not a duplicate.
    void handle(Time now, const Query& query, Outbox& out);
    void handle_internal(Time now, const Query& query, const ReturnPath& path, Outbox& out);

    Context& context_;
    Rejects& rejects_;
    Replies& replies_;
    KeyChanges& key_changes_;
    NameVotes& name_votes_;
    TuneRequests& tunes_;
    RecentRing<RecentQuery> recent_;
    QueryFilters filters_;
    OpenQueries open_;
};

}  // namespace rollcall::serf
