// SPDX-License-Identifier: Apache-2.0
//
// What a configuration that was read again means for a running agent: which settings are other than
// before, and whether they change now or wait for a restart. A setting that waits is named at every
// reload until the restart. Pure; applying it is the running agent's business.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/config/config.h"

namespace rollcall::agent {

class ReloadPlanner {
public:
    explicit ReloadPlanner(AgentConfig at_start)
        : at_start_{at_start}, latest_{std::move(at_start)} {}

    struct Plan {
        std::vector<std::string> now;      // keys of settings that change at once
        std::vector<std::string> waiting;  // of those that the agent was started with otherwise
    };
    [[nodiscard]] Plan plan(const AgentConfig& wanted) const;
    // The plan was carried out.
    void took(AgentConfig wanted) { latest_ = std::move(wanted); }

private:
    AgentConfig at_start_, latest_;
};

}  // namespace rollcall::agent
