// SPDX-License-Identifier: Apache-2.0
//
// A drawn adversary in a drawn world: up to three attacks that overlap or follow each other, while
// members start, stop and announce changes; then it stops, and the rest of the schedule is long
// enough for every view to be right again. Tables and queues are often small, so that they fill.
#pragma once

#include "base/rng.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Fills everything but the number of nodes.
void draw_attacks(Rng& rng, Scenario& scenario);

}  // namespace rollcall::sim
