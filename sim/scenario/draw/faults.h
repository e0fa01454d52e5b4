// SPDX-License-Identifier: Apache-2.0
//
// The schedule of a drawn scenario: faults one after the other, each possible at its time (a
// stopped node does not crash), each with its end; then everything heals and all nodes join again;
// sometimes a last crash, with time enough to be detected.
#pragma once

#include "base/rng.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Fills steps, length and healing; nodes, profile, links and beginning must be set.
void draw_faults(Rng& rng, Scenario& scenario);

}  // namespace rollcall::sim
