// SPDX-License-Identifier: Apache-2.0
#include "sim/program/answer/agent_defaults.h"

#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {

std::vector<std::string> agent_differences(const Scenario& scenario) {
    std::vector<std::string> differences;
    if (!scenario.serf) differences.emplace_back("core membership (agent: core serf)");
    const Duration reclaim = scenario.profile.dead_node_reclaim;
    if (reclaim != membership::kAgentDeadNodeReclaim) {
        differences.push_back("dead_node_reclaim " + exact(reclaim) +
                              " (agent: " + exact(membership::kAgentDeadNodeReclaim) + ")");
    }
    return differences;
}

std::string agent_difference_text(const std::vector<std::string>& differences) {
    std::string text;
    for (const std::string& difference : differences) {
        text += (text.empty() ? "differs from an agent: " : ", ") + difference;
    }
    return text;
}

}  // namespace rollcall::sim
