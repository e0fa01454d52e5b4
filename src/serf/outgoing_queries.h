// SPDX-License-Identifier: Apache-2.0
//
// Queries that we send, and their acks and answers (rule E5). For queries of the application these
// are events; for internal queries they go to the machine that asked, through the owner.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "serf/asked_queries.h"
#include "serf/context.h"
#include "serf/message_error.h"
#include "serf/messages.h"
#include "serf/outbox.h"
#include "serf/query_params.h"
#include "serf/rejects.h"

namespace rollcall::serf {

class OutgoingQueryOwner {
public:
    virtual ~OutgoingQueryOwner() = default;
    // A query of ours was sent. We receive it too.
    virtual void query_sent(Time now, const Query& query, Outbox& out) = 0;
    // For queries whose purpose is not the application.
    virtual void query_answered(AskedQuery::Purpose purpose, RequestId request,
                                const QueryResponse& response, Outbox& out) = 0;
    virtual void query_ended(AskedQuery::Purpose purpose, RequestId request, Outbox& out) = 0;
};

class OutgoingQueries {
public:
    OutgoingQueries(Context& context, Rejects& rejects, OutgoingQueryOwner& owner)
        : context_{context},
          rejects_{rejects},
          owner_{owner},
          asked_{context.config.max_running_queries} {}

    // On error nothing was sent and no request is running.
    std::optional<MessageError> ask(Time now, RequestId request, const QueryParams& params,
                                    AskedQuery::Purpose purpose, Outbox& out);
    void response_received(Time now, Bytes message, Outbox& out);
    void response_received(Time now, const QueryResponse& response, Outbox& out);
    // Reports nothing more about it.
    void forget(RequestId request) { static_cast<void>(asked_.finish(request)); }

    // Whether it is a running query of ours.
    [[nodiscard]] bool runs(LamportTime time, std::uint32_t id) const {
        return asked_.runs(time, id);
    }
    [[nodiscard]] std::size_t running() const { return asked_.size(); }
    [[nodiscard]] Duration default_timeout() const;

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return asked_.deadline(); }

private:
    [[nodiscard]] std::optional<MessageError> refusal_of(const QueryParams& params,
                                                         std::size_t limit) const;

    Context& context_;
    Rejects& rejects_;
    OutgoingQueryOwner& owner_;
    AskedQueries asked_;
};

}  // namespace rollcall::serf
