// SPDX-License-Identifier: Apache-2.0
#include "sim/program/answer/agent_defaults.h"

#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {

std::vector<std::string> unlike_an_agent(const Scenario& scenario) {
    std::vector<std::string> differences;
    if (!scenario.serf) differences.emplace_back("core membership (an agent has core serf)");
    const Duration reclaim = scenario.profile.dead_node_reclaim;
    if (reclaim != membership::kAgentDeadNodeReclaim) {
        differences.push_back("dead_node_reclaim " + exact(reclaim) + " (an agent has " +
                              exact(membership::kAgentDeadNodeReclaim) + ")");
    }
    return differences;
}

std::string unlike_an_agent_text(const Scenario& scenario) {
    std::string text;
    for (const std::string& difference : unlike_an_agent(scenario)) {
        text += (text.empty() ? "unlike an agent: " : ", ") + difference;
    }
    return text;
}

}  // namespace rollcall::sim
