// SPDX-License-Identifier: Apache-2.0
//
// The differences between the simulated cluster and agents with default settings. They are part of
// the output of a run, since its figures are read as those of agents.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// One text for each difference: "core membership (agent: core serf)". Empty: none.
[[nodiscard]] std::vector<std::string> agent_differences(const Scenario& scenario);
// "differs from an agent: " and all of them; empty: none.
[[nodiscard]] std::string agent_difference_text(const std::vector<std::string>& differences);

}  // namespace rollcall::sim
