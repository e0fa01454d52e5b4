// SPDX-License-Identifier: Apache-2.0
//
// Counts refused bytes by cause and tells of them at a bounded rate: at most one event per cause
// and second, so that garbage from the network cannot fill a log.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/endpoint.h"
#include "base/time.h"
#include "membership/outbox.h"
#include "membership/stats.h"
#include "wire/errors.h"

namespace rollcall::membership {

class Rejects {
public:
    explicit Rejects(Stats& stats) : stats_{stats} {}

    void packet(Time now, const Endpoint& from, wire::DecodeError cause, Outbox& out) {
        ++stats_.packets_rejected[static_cast<std::size_t>(cause)];
        tell(packets_[static_cast<std::size_t>(cause)], now,
             {.from = from, .cause = cause, .stream = false}, out);
    }
    void stream(Time now, const Endpoint& from, wire::DecodeError cause, Outbox& out) {
        ++stats_.streams_rejected[static_cast<std::size_t>(cause)];
        tell(streams_[static_cast<std::size_t>(cause)], now,
             {.from = from, .cause = cause, .stream = true}, out);
    }

private:
    struct Told {
        Time quiet_until = Time::min();
        std::uint64_t since = 0;
    };
    static void tell(Told& told, Time now, Rejected event, Outbox& out) {
        ++told.since;
        if (now < told.quiet_until) return;
        event.since_last = told.since;
        out.notify(event);
        told = {now + std::chrono::seconds{1}, 0};
    }

    Stats& stats_;
    std::array<Told, wire::kDecodeErrors> packets_;
    std::array<Told, wire::kDecodeErrors> streams_;
};

}  // namespace rollcall::membership
