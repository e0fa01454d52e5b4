// SPDX-License-Identifier: Apache-2.0
#include "serf/rejects.h"

#include <chrono>
#include <string>
#include <utility>

namespace rollcall::serf {
namespace {

constexpr Duration kRefusalsReportedEvery = std::chrono::seconds{1};

}  // namespace

void Rejects::message(Time now, std::uint8_t type, wire::DecodeError cause, Outbox& out) {
    ++context_.stats.messages_rejected;
    Refusals& refused = refusals_[static_cast<std::size_t>(cause)];
    ++refused.since;
    if (refused.reported && now - *refused.reported < kRefusalsReportedEvery) return;
    refused.reported = now;
    out.notify_serf(MessageRejected{.type = type,
                                    .reason = std::string{wire::to_string(cause)},
                                    .since_last = std::exchange(refused.since, 0)});
}

bool Rejects::witness(Time now, LamportClock& clock, LamportTime time, MessageType type,
                      Outbox& out) {
    if (clock.witness(now, time)) return true;
    ++context_.stats.times_refused;
    message(now, type, wire::DecodeError::bad_field, out);
    return false;
}

}  // namespace rollcall::serf
