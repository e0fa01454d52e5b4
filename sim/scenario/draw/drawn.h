// SPDX-License-Identifier: Apache-2.0
//
// A scenario drawn from a seed: how many nodes, their settings, their network, and what is done to
// them. Whatever is done ends, the network heals, and everybody joins once more, as an agent's
// retry would do; so at the end all must agree again, whatever was drawn. The same seed is the same
// scenario on every machine.
#pragma once

#include <cstdint>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

enum class DrawKind : std::uint8_t {
    faults,  // whatever can happen to a cluster, and anybody's settings
    news,    // user events and queries under loss and churn (drawn_news.h)
};

struct DrawLimits {
    static constexpr unsigned kFewest = 3;
    static constexpr unsigned kMost = 50;
    unsigned fewest_nodes = kFewest;  // kFewest <= fewest_nodes <= most_nodes <= kMost
    unsigned most_nodes = kMost;
    DrawKind kind = DrawKind::faults;
};

[[nodiscard]] Scenario draw(std::uint64_t seed, const DrawLimits& limits = {});

// How long a healed cluster of so many may take until nobody holds anybody for alive who does not
// run: two passes of the ring, spoiled by bad health, the longest suspicion, and gossip.
[[nodiscard]] Duration time_to_detect(const membership::Config& config, unsigned nodes);
// The same, until a name that moved to another address is known there by all: its old life must be
// found dead, and forgotten, first.
[[nodiscard]] Duration time_to_move(const membership::Config& config, unsigned nodes);

}  // namespace rollcall::sim
