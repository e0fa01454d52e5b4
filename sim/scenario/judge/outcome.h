// SPDX-License-Identifier: Apache-2.0
//
// Results of a run: violations of invariants, and the outcome of each expectation. Plain values.
#pragma once

#include <string>

#include "base/time.h"

namespace rollcall::sim {

// A violation of an invariant, or of an expectation of the scenario.
struct Violation {
    Duration at{};          // since the start of the run
    std::string invariant;  // the invariant's name, or "line 12" of the scenario
    std::string what;       // details
};

// The outcome of one expectation.
struct Outcome {
    unsigned line = 0;  // of the file
    std::string text;   // as written
    bool holds = false;
    std::string
        measured;  // as text: "first after 3.2 s, last after 7.9 s", or which node disagreed
};

}  // namespace rollcall::sim
