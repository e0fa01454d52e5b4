// SPDX-License-Identifier: Apache-2.0
//
// Reaps children that no other part waits for: as process 1 of a container, or as a child
// subreaper, the agent inherits background processes of its scripts (`setsid ... &`), and after an
// `exec` in a wrapper script the wrapper's children. They would stay zombies. Never reaps a process
// that libuv waits for. Does not block.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace rollcall::agent {

// Reaps all that have ended, up to the first one that is `ours`: the kernel does not show those
// behind it until libuv has reaped it, so call again then. Returns how many it reaped.
std::size_t reap_orphans(const std::function<bool(pid_t)>& ours);

// Reaps only after enable(), which requires that the process runs this agent only: otherwise an
// orphan may be a child that another part waits for.
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
