// SPDX-License-Identifier: Apache-2.0
//
// Queries of ours: asking, and what becomes of them (rule E5). Acks and answers to the application
// are events; those among Serfs go to the machine that asked, by way of the owner.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "serf/asked_queries.h"
#include "serf/context.h"
#include "serf/messages.h"
#include "serf/outbox.h"
#include "serf/query_params.h"
#include "serf/rejects.h"
#include "serf/say_error.h"

namespace rollcall::serf {

class AskingOwner {
public:
    virtual ~AskingOwner() = default;
    // A query of ours is on its way. We are among those who are asked.
    virtual void query_sent(Time now, const Query& query, Outbox& out) = 0;
    // Of a query whose purpose is not the application.
    virtual void query_answered(AskedQuery::Purpose purpose, RequestId request,
                                const QueryResponse& response, Outbox& out) = 0;
    virtual void query_ended(AskedQuery::Purpose purpose, RequestId request, Outbox& out) = 0;
};

class Asking {
public:
    Asking(Context& context, Rejects& rejects, AskingOwner& owner)
        : context_{context},
          rejects_{rejects},
          owner_{owner},
          asked_{context.config.max_running_queries} {}

    // Nothing was sent and no request is running when it answers an error.
    std::optional<SayError> ask(Time now, RequestId request, const QueryParams& params,
                                AskedQuery::Purpose purpose, Outbox& out);
    void response_received(Time now, Bytes message, Outbox& out);
    void response_received(Time now, const QueryResponse& response, Outbox& out);
    // Nothing more of it is reported.
    void forget(RequestId request) { static_cast<void>(asked_.finish(request)); }

    // A query of ours that still runs.
    [[nodiscard]] bool runs(LamportTime time, std::uint32_t id) const {
        return asked_.runs(time, id);
    }
    [[nodiscard]] std::size_t running() const { return asked_.size(); }
    [[nodiscard]] Duration default_timeout() const;

    void handle_timeout(Time now, Outbox& out);
    [[nodiscard]] std::optional<Time> next_deadline() const { return asked_.deadline(); }

private:
    [[nodiscard]] std::optional<SayError> refusal_of(const QueryParams& params,
                                                     std::size_t limit) const;

    Context& context_;
    Rejects& rejects_;
    AskingOwner& owner_;
    AskedQueries asked_;
};

}  // namespace rollcall::serf
