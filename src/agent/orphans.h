// SPDX-License-Identifier: Apache-2.0
//
// Children that no other part waits for: as process 1 of a container, or as a child subreaper, the
// agent inherits what its scripts leave behind (`setsid ... &`), and after an `exec` in a wrapper
// script the wrapper's children. When they end they stay as zombies until a process takes their
// exit status. Never takes that of a process that libuv waits for. Does not block.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace rollcall::agent {

// Takes all that have ended, up to the first one that is `ours`: behind it nothing can be seen
// until libuv has taken it, so call again then. Answers how many.
std::size_t reap_orphans(const std::function<bool(pid_t)>& ours);

// Does so when it is asked to, once the process is this agent's alone: in a process with others,
// an orphan here may be a child that another part waits for.
class OrphanReaper {
public:
    explicit OrphanReaper(std::function<bool(pid_t)> ours) : ours_{std::move(ours)} {}

    void enable() { enabled_ = true; }
    void reap() {
        if (enabled_) reaped_ += reap_orphans(ours_);
    }
    [[nodiscard]] std::uint64_t reaped() const { return reaped_; }

private:
    std::function<bool(pid_t)> ours_;
    bool enabled_ = false;
    std::uint64_t reaped_ = 0;
};

}  // namespace rollcall::agent
