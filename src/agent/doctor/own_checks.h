// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with this agent itself, by its counters, its settings and its recent incidents. A
// pure function of figures, so that each threshold is tested without an agent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/doctor/findings.h"
#include "agent/doctor/incidents.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/send_watch.h"
#include "transport/stats.h"

namespace rollcall::agent {

struct OwnFigures {
    Time now{};
    std::string name, version;
    Duration uptime{};
    std::size_t up = 1;      // members that are up, with ourselves
    std::size_t others = 0;  // members of any status, without ourselves
    unsigned health_score = 0;
    std::optional<membership::SendWatch::Failing> sends_failing;
    transport::Stats transport;
    std::size_t descriptors = 0;  // the limit of this process
    bool descriptors_ample = true;
    std::uint64_t pauses = 0, conflicts = 0;
    std::uint64_t broadcasts_dropped = 0;     // of membership and of the Serf layer
    std::size_t queued = 0, queue_limit = 1;  // the fullest queue
    std::uint64_t scripts_dropped = 0, files_not_written = 0, log_lines_lost = 0;
    Duration clock_drift{};  // of the wall clock against the steady one, since the start
    std::map<std::string, std::string> seeds;  // as `rollcall info` shows them
    Endpoint advertised;
    bool advertises_loopback_for_lack = false;
    bool advertised_is_here = true;   // an interface of this host has the address
    std::vector<Incident> incidents;  // of the last minutes, the newest first
};

// How far back incidents count.
inline constexpr Duration kRecent = std::chrono::minutes{10};

void check_own(const OwnFigures& figures, Findings& findings);
// Whether others reach the address that we advertise: a test of relays only (rule L5).
void check_advertised(const OwnFigures& figures, const membership::LinkTested& by_relays,
                      Findings& findings);

}  // namespace rollcall::agent
