// SPDX-License-Identifier: Apache-2.0
//
// Collects what an examination judges (agent/doctor/own_checks.h) from the agent's parts.
// Read-only. The loop's thread.
#pragma once

#include <chrono>

#include "agent/address_keeper.h"
#include "agent/config/config.h"
#include "agent/doctor/own_checks.h"
#include "agent/files/persistence.h"
#include "agent/join/joiner.h"
#include "agent/log/logging.h"
#include "agent/scripts/event_handlers.h"
#include "base/time.h"
#include "serf/serf.h"

namespace rollcall::agent {

class DoctorFigures {
public:
    struct Parts {
        const Settings& settings;
        const serf::Serf& core;
        const CoreDriver& driver;
        const AddressKeeper& address;
        const EventHandlers& handlers;
        const Persistence& persistence;
        const Log& log;
    };
    explicit DoctorFigures(Parts parts);

    [[nodiscard]] OwnFigures collect() const;
    // What the doctor samples: cheap.
    [[nodiscard]] Counters counters() const;
    // Of the wall clock against the steady one, since the start.
    [[nodiscard]] Duration clock_drift() const;

private:
    void add_queues(OwnFigures& figures) const;
    void add_address(OwnFigures& figures) const;

    Parts parts_;
    Time started_;
    std::chrono::system_clock::time_point started_wall_;
};

}  // namespace rollcall::agent
