// SPDX-License-Identifier: Apache-2.0
//
// The schedule of a drawn scenario: faults one after the other, each possible at its moment (nobody
// crashes twice), each with its end; then everything healed, everybody joined again, and now and
// then a last crash with time enough to be found out.
#pragma once

#include "base/rng.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Fills steps, length and healing; nodes, profile, links and beginning are there.
void draw_faults(Rng& dice, Scenario& scenario);

}  // namespace rollcall::sim
