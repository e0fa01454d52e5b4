// SPDX-License-Identifier: Apache-2.0
//
// The functions that add rows, with the experiments that they need. Each is defined in a .cpp file
// of sim/papers.
#pragma once

#include "sim/papers/frame/catalogue.h"

namespace rollcall::sim::papers {

void add_first_detection(Catalogue& all);   // S1, S2
void add_false_positives(Catalogue& all);   // S3
void add_probe_gaps(Catalogue& all);        // S4
void add_swim_load(Catalogue& all);         // S5
void add_swim_detection(Catalogue& all);    // S6
void add_swim_infection(Catalogue& all);    // S7
void add_swim_joins(Catalogue& all);        // S8
void add_lifeguard(Catalogue& all);         // L1 to L4
void add_lifeguard_tuning(Catalogue& all);  // L5
void add_stressed_agents(Catalogue& all);   // L6
void add_rapid_bootstrap(Catalogue& all);   // R1, R2
void add_rapid_crash(Catalogue& all);       // R3, R6
void add_rapid_faults(Catalogue& all);      // R4, R5
void add_cut_detection(Catalogue& all);     // R7
void add_rumours(Catalogue& all);           // E1
void add_gossip_layer(Catalogue& all);      // E2
void add_small_clusters(Catalogue& all);    // E3
void add_loss_ladder(Catalogue& all);       // T1
void add_fast_detection(Catalogue& all);    // D1 to D16

inline constexpr void (*kAllRows[])(Catalogue&) = {
    add_first_detection,  add_false_positives, add_probe_gaps,      add_swim_load,
    add_swim_detection,   add_swim_infection,  add_swim_joins,      add_lifeguard,
    add_lifeguard_tuning, add_stressed_agents, add_rapid_bootstrap, add_rapid_crash,
    add_rapid_faults,     add_cut_detection,   add_rumours,         add_gossip_layer,
    add_small_clusters,   add_loss_ladder,     add_fast_detection,
};

}  // namespace rollcall::sim::papers
