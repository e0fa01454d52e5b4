// SPDX-License-Identifier: Apache-2.0
//
// One run in one world: members that know each other, 15 s in peace, then 170 s in which the world
// is as bad as it is and members die, 30 s apart.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/papers/fast/worlds.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

// Counts of one run; sums of several.
struct WorldOutcome {
    double node_hours = 0;
    // Failures of members that were alive: of healthy ones, at any member; at healthy members;
    // and of sick ones, at any member.
    double false_positives = 0, at_healthy = 0, of_sick = 0;
    double false_suspicions = 0;                 // of healthy members, at any member
    double packets = 0, bytes = 0, streams = 0;  // datagrams sent and their bytes; streams opened
    // Seconds from each death: to the first member that knows, and to the last healthy one. A death
    // that some do not know at the end has the time until then.
    std::vector<double> first, all;

    void add(const WorldOutcome& other);
    [[nodiscard]] Measurement measurement() const;
    [[nodiscard]] static WorldOutcome of(const Measurement& measurement);
};

[[nodiscard]] WorldOutcome run_world(const DetectionWorld& world, const WorldJob& job);

}  // namespace rollcall::sim::papers
