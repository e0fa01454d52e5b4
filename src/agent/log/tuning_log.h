// SPDX-License-Identifier: Apache-2.0
//
// Log lines about changes of the timings (rule L6). What changes them is always logged; of refusals
// one a second, since without encryption any host can ask.
#pragma once

#include <chrono>

#include "agent/log/logging.h"
#include "serf/events.h"

namespace rollcall::agent {

class TuningLog {
public:
    void write(Log& log, Time now, const serf::TimingsTuned& event);

private:
    LineGate refused_{std::chrono::seconds{1}};
};

}  // namespace rollcall::agent
