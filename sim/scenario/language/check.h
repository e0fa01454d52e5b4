// SPDX-License-Identifier: Apache-2.0
//
// Whether a scenario can be run at all, however it was made: numbers of nodes that exist, times
// within the run, settings and links that the cores and the world accept.
#pragma once

#include <string>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Empty, or the first thing that is wrong: which field, its value, and what is allowed.
[[nodiscard]] std::string check(const Scenario& scenario);

}  // namespace rollcall::sim
