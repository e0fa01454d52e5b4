// SPDX-License-Identifier: Apache-2.0
//
// Changes of the cluster's keys that we ask for (rule K2): each a query to all members, until all
// have answered or its time is up.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "serf/asking.h"
#include "serf/context.h"
#include "serf/keys.h"
#include "serf/outbox.h"
#include "serf/say_error.h"

namespace rollcall::serf {

class KeyCommands {
public:
    KeyCommands(Context& context, Asking& asking) : context_{context}, asking_{asking} {}

    Result<RequestId, SayError> start(Time now, KeyCommand command, Bytes key, Outbox& out);
    void answered(RequestId request, const QueryResponse& response, Outbox& out);
    void ended(RequestId request, Outbox& out);

private:
    Context& context_;
    Asking& asking_;
    std::vector<KeyCommandFinished> running_;
};

}  // namespace rollcall::serf
