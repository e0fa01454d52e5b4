// SPDX-License-Identifier: Apache-2.0
//
// In what the simulated cluster differs from agents that were started without a setting: such
// differences are part of a run's answer, since figures are read as those of agents.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// One sentence part for each difference: "core membership (an agent has core serf)". Empty: none.
[[nodiscard]] std::vector<std::string> unlike_an_agent(const Scenario& scenario);
// All of them in one sentence part, "unlike an agent: ..."; empty: none.
[[nodiscard]] std::string unlike_an_agent_text(const Scenario& scenario);

}  // namespace rollcall::sim
