// SPDX-License-Identifier: Apache-2.0
//
// A scenario of what the Serf layer is for: an encrypted cluster in which every fifth datagram is
// lost, members come and go, and meanwhile tell and ask each other things and replace their keys.
#pragma once

#include "base/rng.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Fills all but name, reason and the number of nodes.
void draw_news(Rng& dice, Scenario& scenario);

}  // namespace rollcall::sim
