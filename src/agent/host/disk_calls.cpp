// SPDX-License-Identifier: Apache-2.0
#include "agent/host/disk_calls.h"

#include <unistd.h>

namespace rollcall::agent {

DiskCalls DiskCalls::real() {
    return {.write = ::write, .sync = ::fsync};
}

}  // namespace rollcall::agent
