// SPDX-License-Identifier: Apache-2.0
//
// For programs that simulate: memory that a node gives back stays with the process, since another
// node wants as much a moment later. Returned to the system and asked for again, the states that
// nodes exchange cost a tenth of a run's time.
#pragma once

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace rollcall::sim {

// To be called once, before the first allocation that matters. Elsewhere than with glibc: nothing.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
    constexpr int kLargest = 32 << 20;  // bytes; glibc takes no more for M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, kLargest);
    mallopt(M_TRIM_THRESHOLD, 8 * kLargest);
#endif
}

}  // namespace rollcall::sim
