// SPDX-License-Identifier: Apache-2.0
//
// Checks of the settings against this host: a missing interface, an address of another host, a
// folder in place of a file. Used by the start and by `--check`, so both refuse the same. Creates
// no file and opens no port. Conditions that may change a moment later are left to the start: a
// port in use (usually by the agent whose files are checked), seeds that do not answer, a full
// disk.
#pragma once

#include <vector>

#include "agent/config/config.h"

namespace rollcall::agent {

// Mistakes by field of agent/config/config.h. Settings that are already refused may be reported
// again.
[[nodiscard]] std::vector<ConfigError> host_mistakes(const Settings& settings);

}  // namespace rollcall::agent
