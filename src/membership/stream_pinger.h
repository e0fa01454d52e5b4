// SPDX-License-Identifier: Apache-2.0
//
// What probes and vigils need of the streams: one ping by stream. Its end comes back under the
// number.
#pragma once

#include "base/ids.h"
#include "base/time.h"
#include "membership/core.h"
#include "membership/events.h"
#include "membership/member_table.h"
#include "membership/outbox.h"

namespace rollcall::membership {

class StreamPinger {
public:
    virtual ~StreamPinger() = default;
    virtual void ping_by_stream(Time now, const Member& target, SequenceNumber sequence,
                                Time deadline, Outbox& out) = 0;
};

// How a stream ping that ended so is to be read.
[[nodiscard]] constexpr StreamPing stream_ping(StreamEnd end) {
    switch (end.kind) {
        case StreamEnd::refused:
            return StreamPing::refused;
        case StreamEnd::finished:
        case StreamEnd::reset:
            return StreamPing::broken;
        case StreamEnd::local:
            return StreamPing::not_opened;
        case StreamEnd::timed_out:
            return StreamPing::unanswered;
    }
    return StreamPing::unanswered;
}

}  // namespace rollcall::membership
