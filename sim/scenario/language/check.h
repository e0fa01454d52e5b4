// SPDX-License-Identifier: Apache-2.0
//
// Validates a scenario, whatever its origin: node numbers exist, times lie within the run, the
// cores accept the settings, the world accepts the links.
#pragma once

#include <string>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// Empty, or the first error: the field, its value, and what is allowed.
[[nodiscard]] std::string check(const Scenario& scenario);

}  // namespace rollcall::sim
