// SPDX-License-Identifier: Apache-2.0
//
// Children that nobody waits for: as process 1 of a container, or as a child subreaper, the agent
// inherits what its scripts leave behind (`setsid ... &`), and after an `exec` in a wrapper script
// the wrapper's children. When they end they stay as zombies until a process takes their exit
// status. Never takes that of a process that libuv waits for. Does not block.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>

namespace rollcall::agent {

// Takes all that have ended, up to the first one that is `ours`: behind it nothing can be seen
// until libuv has taken it, so call again then. Answers how many.
std::size_t reap_orphans(const std::function<bool(pid_t)>& ours);

}  // namespace rollcall::agent
