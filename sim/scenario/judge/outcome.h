// SPDX-License-Identifier: Apache-2.0
//
// What a judge says of a run: promises that were broken, and what became of what was expected.
// Plain values.
#pragma once

#include <string>

#include "base/time.h"

namespace rollcall::sim {

// A promise that was broken: an invariant, or an expectation of the scenario.
struct Violation {
    Duration at{};        // since the run's beginning
    std::string promise;  // the invariant's name, or "line 12" of the scenario
    std::string what;     // with names and figures
};

// What became of one expectation.
struct Outcome {
    unsigned line = 0;  // of the file
    std::string text;   // as written
    bool holds = false;
    std::string measured;  // in words: "first after 3.2 s, last after 7.9 s"; who disagreed
};

}  // namespace rollcall::sim
