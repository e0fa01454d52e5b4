// SPDX-License-Identifier: Apache-2.0
//
// Our key commands (rule K2): each is a query to all members, until all have answered or its
// deadline has passed.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "serf/context.h"
#include "serf/keys.h"
#include "serf/message_error.h"
#include "serf/outbox.h"
#include "serf/outgoing_queries.h"

namespace rollcall::serf {

class KeyCommands {
public:
    KeyCommands(Context& context, OutgoingQueries& outgoing_queries)
        : context_{context}, outgoing_queries_{outgoing_queries} {}

    Result<RequestId, MessageError> start(Time now, KeyCommand command, Bytes key, Outbox& out);
    void answered(RequestId request, const QueryResponse& response, Outbox& out);
    void ended(RequestId request, Outbox& out);

private:
    Context& context_;
    OutgoingQueries& outgoing_queries_;
    std::vector<KeyCommandFinished> running_;
};

}  // namespace rollcall::serf
