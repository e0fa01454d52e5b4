// SPDX-License-Identifier: Apache-2.0
//
// Reads the configuration of a running agent again and applies what can change without a restart;
// on any mistake nothing changes. Files are read off the loop: a slow disk must not keep the agent
// from answering probes. Logs the result. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <string>

#include "agent/config/config.h"
#include "agent/config/reload.h"
#include "agent/config/sources.h"
#include "agent/files/off_loop.h"
#include "agent/log/logging.h"
#include "base/result.h"

namespace rollcall::agent {

// At the start and at each reload: "setting-ignored" and "setting-risky".
void log_warnings(const LoadedConfig& loaded, Log& log);

class Reloader {
public:
    using Loaded = Result<LoadedConfig, std::string>;
    using Loader = std::function<Loaded()>;
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Settings& running;  // the agent's settings; kept up to date
        ReloadTargets targets;
        std::function<void()> began;
        std::function<void(bool taken)> ended;  // false: nothing has changed
        AgentConfig started_with;
        Loader load;  // called on another thread
    };
    explicit Reloader(Parts parts);

    // A call during a read causes one more read.
    void reload();
    // Discards a read in progress.
    void stop() { loading_.give_up(); }

private:
    [[nodiscard]] bool take(Loaded loaded);
    void refuse(const std::string& mistakes);

    Parts parts_;
    ReloadPlanner planner_;
    OffLoop<Loaded> loading_;
    bool again_ = false;
};

}  // namespace rollcall::agent
