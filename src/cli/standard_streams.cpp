// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace rollcall::cli {

void occupy_standard_streams() {
    for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(wanted, F_GETFD) != -1 || errno != EBADF) continue;
        // open() returns the lowest free number; all below are open by now. Read-only, so that a
        // write to it fails with EBADF.
        static_cast<void>(open("/dev/null", O_RDONLY));
    }
}

}  // namespace rollcall::cli
