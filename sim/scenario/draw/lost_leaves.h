// SPDX-License-Identifier: Apache-2.0
//
// A scenario of leaves that some members miss: they receive nothing while a member leaves, and a
// push/pull seldom repairs it afterwards. What they learn of the leave they learn from answers
// (rule S7).
#pragma once

#include "base/rng.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Fills all but name, reason and the number of nodes.
void draw_lost_leaves(Rng& rng, Scenario& scenario);

}  // namespace rollcall::sim
