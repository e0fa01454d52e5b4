// SPDX-License-Identifier: Apache-2.0
//
// What settings ask of this host and it does not give: an interface that is not there, an address
// of another host, a folder where a file is meant. Asked before the start and by `--check`, so that
// neither passes what the other refuses. Looks only: makes no file, listens nowhere. What may be
// other a moment later is not judged here but by the start itself: a port that is in use (as a rule
// by the very agent whose files are checked), seeds that do not answer, a disk that is full.
#pragma once

#include <vector>

#include "agent/config/config.h"

namespace rollcall::agent {

// By the fields of agent/config/config.h. Of settings that are wrong themselves nothing need be
// right.
[[nodiscard]] std::vector<ConfigError> host_mistakes(const Settings& settings);

}  // namespace rollcall::agent
