// SPDX-License-Identifier: Apache-2.0
#include "agent/config/reload.h"

#include "agent/config/settings_table.h"

namespace rollcall::agent {

ReloadPlanner::Plan ReloadPlanner::plan(const AgentConfig& wanted) const {
    Plan plan;
    for (const Setting& setting : all_settings()) {
        const bool reloads = setting.change == Change::reload;
        const AgentConfig& running = reloads ? latest_ : at_start_;
        if (value_of(setting, running) == value_of(setting, wanted)) continue;
        (reloads ? plan.now : plan.waiting).emplace_back(setting.key);
    }
    return plan;
}

}  // namespace rollcall::agent
