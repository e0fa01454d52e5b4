// SPDX-License-Identifier: Apache-2.0
//
// What a configuration that was read again means for a running agent: which settings changed, and
// whether they are applied now or wait for a restart; and the steps that apply them, which the rows
// of the table name. A setting that waits is named at every reload until the restart. Who carries
// the steps out is agent/reloader.h's business.
#pragma once

#include <functional>
#include <optional>
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
    // `own_tags`: false with a tags file, whose tags no reload replaces.
    [[nodiscard]] Plan plan(const AgentConfig& wanted, bool own_tags = true) const;
    // The plan was carried out.
    void took(AgentConfig wanted) { latest_ = std::move(wanted); }

private:
    AgentConfig at_start_, latest_;
};

// The parts of a running agent that can be changed. What is the same as before may be given again.
struct ReloadTargets {
    // The only one that can refuse; then nothing was changed.
    std::function<std::optional<ConfigError>(const serf::TimingSettings&)> timings;
    std::function<void(const serf::Tags&)> tags;
    std::function<void(const std::vector<EventScript>&, Duration time_limit)> event_handlers;
    std::function<void(Level)> log_level;
};

// Carries out the step of each row that reloads, each step once, and keeps `running`, which the
// agent goes by, up to date. On an error nothing is changed.
[[nodiscard]] std::optional<ConfigError> apply_reload(const Settings& wanted, Settings& running,
                                                      const ReloadTargets& targets);

}  // namespace rollcall::agent
