// SPDX-License-Identifier: Apache-2.0
//
// Where an agent's configuration comes from, put together: defaults, then files in the order given,
// then the environment, then flags; each overrides what was before it. Can be loaded again and
// again: the files are read anew. An error is text for the operator: all mistakes, one to a line,
// each with the place where it was made.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/given.h"
#include "base/result.h"

namespace rollcall::agent {

struct ConfigSources {
    std::vector<std::string> paths;  // files and folders, in order
    std::function<std::optional<std::string>(const std::string&)> environment;  // may be empty
    std::vector<Given> flags;
};

struct LoadedConfig {
    AgentConfig config;
    Settings settings;
    Origins origins;
    std::vector<std::string> warnings;  // what is taken otherwise than it is written
    std::vector<std::string> risks;     // what is taken as it is written, and will cost something

    // Both, as `--check` shows them.
    [[nodiscard]] std::vector<std::string> all_warnings() const;
};

[[nodiscard]] Result<LoadedConfig, std::string> load_config(const ConfigSources& sources);
// The same, with the names of hosts looked up (agent/config/listen_names.h), and what this host
// does not give (agent/config/host_check.h): what `--check` says, an agent that starts refuses.
[[nodiscard]] Result<LoadedConfig, std::string> load_for_start(const ConfigSources& sources);

// The single mistakes of such an error.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& mistakes);

}  // namespace rollcall::agent
