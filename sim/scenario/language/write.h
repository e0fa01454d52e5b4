// SPDX-License-Identifier: Apache-2.0
//
// A scenario as a file: the language of file.h, written. What read_scenario() reads from it is the
// same scenario again. Protocol variants of published experiments have no words in the language and
// are left out, as is the cluster's label.
#pragma once

#include <string>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// The whole text, its reason at the head. Expectations are written as they were.
[[nodiscard]] std::string write_scenario(const Scenario& scenario);

}  // namespace rollcall::sim
