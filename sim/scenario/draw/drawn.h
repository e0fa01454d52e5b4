// SPDX-License-Identifier: Apache-2.0
//
// A scenario drawn from a seed: nodes, settings, network, and a schedule of faults. Every fault
// ends, the network heals, and all nodes join once more, as an agent's retry would do; so at the
// end all must agree, whatever was drawn. The same seed gives the same scenario on every machine.
#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

enum class DrawKind : std::uint8_t {
    faults,        // faults of every kind, with varied settings
    serf_traffic,  // user events, queries and key rotation under loss and churn (serf_traffic.h)
    lost_leaves,   // leaves that some members miss, with rare push/pulls (lost_leaves.h)
    attacks,       // an adversary, with some churn (attacks.h)
};

struct DrawLimits {
    static constexpr unsigned kFewest = 3;
    static constexpr unsigned kMost = 50;
    unsigned fewest_nodes = kFewest;  // kFewest <= fewest_nodes <= most_nodes <= kMost
    unsigned most_nodes = kMost;
    DrawKind kind = DrawKind::faults;
    // For faults: every cluster has this profile, instead of one that is drawn. Its settings vary.
    std::string profile;
};

[[nodiscard]] Scenario draw(std::uint64_t seed, const DrawLimits& limits = {});

// The time that its healed cluster may take until no stopped member is considered alive:
// two passes of the ring, slowed by a high health score, the longest suspicion, and gossip.
[[nodiscard]] Duration time_to_detect(const Scenario& scenario);
// The same, until all know the new address of a name that moved: the old member must first be
// declared dead and reaped.
[[nodiscard]] Duration time_to_move(const Scenario& scenario);

}  // namespace rollcall::sim
