// SPDX-License-Identifier: Apache-2.0
//
// Running changes of our own tags, not yet gossiped often enough.
#pragma once

#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "membership/events.h"
#include "serf/command_error.h"
#include "serf/context.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class TagUpdates {
public:
    explicit TagUpdates(Context& context) : context_{context} {}

    Result<RequestId, CommandError> start(Time now, Tags tags, Outbox& out);
    // Membership's part of one is finished.
    void finished(const membership::UpdateFinished& event, Outbox& out);

private:
    Context& context_;
    std::vector<RequestId> updates_;
};

}  // namespace rollcall::serf
