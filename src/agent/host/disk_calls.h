// SPDX-License-Identifier: Apache-2.0
//
// The system calls that report a full or broken disk. Tests replace them.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace rollcall::agent {

struct DiskCalls {
    ssize_t (*write)(int, const void*, std::size_t);
    int (*sync)(int);
    [[nodiscard]] static DiskCalls real();
};

}  // namespace rollcall::agent
