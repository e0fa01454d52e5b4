// SPDX-License-Identifier: Apache-2.0
//
// A scenario for the Serf layer: an encrypted cluster that loses every fifth datagram, in which
// members start and stop, send user events and queries, and rotate keys.
#pragma once

#include "base/rng.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Sets everything except the name, `why` and the number of nodes.
void draw_serf_traffic(Rng& rng, Scenario& scenario);

}  // namespace rollcall::sim
