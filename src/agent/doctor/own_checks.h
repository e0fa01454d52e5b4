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
#include "agent/doctor/recent.h"
#include "agent/doctor/seed_trials.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/send_watch.h"

namespace rollcall::agent {

struct OwnFigures {
    Time now{};
    std::string name, version;
    Duration uptime{};
    std::size_t up = 1;      // members that are up, with ourselves
    std::size_t others = 0;  // members of any status, without ourselves
    unsigned health_score = 0;
    std::optional<membership::SendWatch::Failing> sends_failing;
    std::uint64_t receive_buffer = 0;  // bytes the kernel granted
    std::size_t descriptors = 0;       // the limit of this process
    bool descriptors_ample = true;
    std::uint64_t pauses = 0, conflicts = 0;
    Counters lately, since_start;
    Duration lately_span{};                   // what `lately` covers
    std::optional<ClockStep> clock_step;      // the largest lately
    std::uint64_t clock_steps = 0;            // since the start
    std::size_t queued = 0, queue_limit = 1;  // the fullest queue
    Duration writing_for{};                   // the longest write of a file that has not ended
    std::uint64_t scripts_dropped = 0, files_not_written = 0, log_lines_lost = 0;
    std::string encryption;        // the step; "": without a key
    std::uint64_t plain_text = 0;  // accepted in the last five minutes
    std::string plain_text_from;   // and from whom
    // Until our certificate for tls: addresses expires, below 0 after that; nullopt without one.
    std::optional<std::chrono::system_clock::duration> certificate_left;
    SeedFindings seeds;
    Endpoint advertised;
    bool advertises_loopback_for_lack = false;
    bool advertised_is_here = true;   // an interface of this host has the address
    std::vector<Incident> incidents;  // of the last minutes, the newest first
};

void check_own(const OwnFigures& figures, Findings& findings);
// Whether others reach the address that we advertise: a test of relays only (rule L5).
void check_advertised(const OwnFigures& figures, const membership::LinkTested& by_relays,
                      Findings& findings);

}  // namespace rollcall::agent
