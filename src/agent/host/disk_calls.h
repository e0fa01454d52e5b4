// SPDX-License-Identifier: Apache-2.0
//
// The calls by which a disk says that it is full or broken. Tests put others in their place.
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
