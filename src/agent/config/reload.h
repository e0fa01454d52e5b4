// SPDX-License-Identifier: Apache-2.0
//
// Reload of a running agent's configuration: which settings changed, which of them apply now and
// which after a restart, and the steps that apply them, as named by the rows of the table. A
// setting that needs a restart is reported at every reload until then. agent/reloader.h runs this
// on SIGHUP.
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
        std::vector<std::string> waiting;  // keys of settings that change after a restart
    };
    // `own_tags`: false with a tags file, whose tags a reload does not replace.
    [[nodiscard]] Plan plan(const AgentConfig& wanted, bool own_tags = true) const;
    // Call when the plan was applied.
    void commit(AgentConfig wanted) { latest_ = std::move(wanted); }

private:
    AgentConfig at_start_, latest_;
};

// The parts of a running agent that can change. Applying the same value again is harmless.
struct ReloadTargets {
    // The only one that can refuse; then nothing changes.
    std::function<std::optional<ConfigError>(const serf::TimingSettings&)> timings;
    std::function<void(const serf::Tags&)> tags;
    std::function<void(const std::vector<EventScript>&, Duration time_limit)> event_handlers;
    std::function<void(Level)> log_level;
    std::function<void(wire::Encryption)> encryption;
    // Not null.
    std::function<void(std::shared_ptr<const tls::Credentials>)> credentials;
};

// Runs each step of the table once, and updates `running`, the agent's settings. On an error
// nothing changes.
[[nodiscard]] std::optional<ConfigError> apply_reload(const Settings& wanted, Settings& running,
                                                      const ReloadTargets& targets);

}  // namespace rollcall::agent
