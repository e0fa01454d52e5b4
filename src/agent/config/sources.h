// SPDX-License-Identifier: Apache-2.0
//
// Loads an agent's configuration from its sources: defaults, then credentials of a service manager,
// then files in the order given, then the environment, then flags; a later source overrides an
// earlier one. Every load reads the files again. An error is text for the operator: all mistakes,
// one per line, each with its place.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/raw_setting.h"
#include "base/result.h"

namespace rollcall::agent {

struct ConfigSources {
    std::vector<std::string> paths;  // files and folders, in order
    std::function<std::optional<std::string>(const std::string&)> environment;  // may be empty
    std::vector<RawSetting> flags;
};

struct LoadedConfig {
    AgentConfig config;
    Settings settings;
    Origins origins;
    std::vector<std::string> warnings;  // values that are ignored or changed
    std::vector<std::string> risks;     // values that are used as given but have a cost

    // Warnings and risks, as `--check` shows them.
    [[nodiscard]] std::vector<std::string> all_warnings() const;
};

[[nodiscard]] Result<LoadedConfig, std::string> load_config(const ConfigSources& sources);
// Also resolves host names (agent/config/listen_names.h) and checks this host
// (agent/config/host_check.h). `--check` and the start of an agent both use it.
[[nodiscard]] Result<LoadedConfig, std::string> load_for_start(const ConfigSources& sources);

// Splits such an error into its mistakes.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& mistakes);

}  // namespace rollcall::agent
