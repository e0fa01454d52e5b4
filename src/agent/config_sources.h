// SPDX-License-Identifier: Apache-2.0
//
// Where an agent's configuration comes from, put together: defaults, then files in the order given,
// then the environment, then flags; each overrides what was before it. Can be loaded again and
// again: the files are read anew. An error is text for the operator that says where the mistake is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/given.h"
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
    std::vector<std::string> warnings;
};

[[nodiscard]] Result<LoadedConfig, std::string> load_config(const ConfigSources& sources);

// Before an agent starts with it, and when it is checked: looks up the names of hosts in bind,
// advertise and rpc_addr (agent/listen_names.h). The error names the place and the name.
[[nodiscard]] std::optional<std::string> find_hosts(LoadedConfig& loaded);

}  // namespace rollcall::agent
