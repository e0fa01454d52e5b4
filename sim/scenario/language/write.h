// SPDX-License-Identifier: Apache-2.0
//
// Writes a scenario in the language of file.h. read_scenario() reads the same scenario from it. The
// cluster's label is left out: the language has no word for it.
#pragma once

#include <string>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// The whole text, with `why` at the head. Expectations are written as they were read.
[[nodiscard]] std::string write_scenario(const Scenario& scenario);

}  // namespace rollcall::sim
