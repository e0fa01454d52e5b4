// SPDX-License-Identifier: Apache-2.0
//
// Counts refused bytes by cause and reports them at a bounded rate: at most one event per cause and
// second, so that garbage from the network cannot fill a log.
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
        report(packets_[static_cast<std::size_t>(cause)], now,
               {.from = from, .cause = cause, .stream = false}, out);
    }
    void stream(Time now, const Endpoint& from, wire::DecodeError cause, Outbox& out) {
        ++stats_.streams_rejected[static_cast<std::size_t>(cause)];
        report(streams_[static_cast<std::size_t>(cause)], now,
               {.from = from, .cause = cause, .stream = true}, out);
    }

private:
    struct Reports {
        Time quiet_until = Time::min();
        std::uint64_t since = 0;
    };
    static void report(Reports& reports, Time now, Rejected event, Outbox& out) {
        ++reports.since;
        if (now < reports.quiet_until) return;
        event.since_last = reports.since;
        out.notify(event);
        reports = {now + std::chrono::seconds{1}, 0};
    }

    Stats& stats_;
    std::array<Reports, wire::kDecodeErrors> packets_;
    std::array<Reports, wire::kDecodeErrors> streams_;
};

}  // namespace rollcall::membership
