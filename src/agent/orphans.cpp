// SPDX-License-Identifier: Apache-2.0
#include "agent/orphans.h"

#include <sys/wait.h>

#include <cerrno>

namespace rollcall::agent {

std::size_t reap_orphans(const std::function<bool(pid_t)>& ours) {
    for (std::size_t reaped = 0;;) {
        siginfo_t found{};
        // Peek first: the pid is known only after waitid().
        if (::waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) != 0) {
            if (errno == EINTR) continue;
            return reaped;
        }
        if (found.si_pid == 0 || ours(found.si_pid)) return reaped;
        if (::waitpid(found.si_pid, nullptr, WNOHANG) != found.si_pid) return reaped;
        ++reaped;
    }
}

}  // namespace rollcall::agent
