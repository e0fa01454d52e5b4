// SPDX-License-Identifier: Apache-2.0
//
// For programs that simulate: memory that one node frees stays in the process, because another node
// needs as much soon after. Returning the buffers of exchanged states to the system and allocating
// them again costs a tenth of a run's time.
#pragma once

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace rollcall::sim {

// Call once, before the first large allocation. Does nothing without glibc.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
    constexpr int kLargest = 32 << 20;  // bytes; glibc takes no more for M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, kLargest);
    mallopt(M_TRIM_THRESHOLD, 8 * kLargest);
#endif
}

}  // namespace rollcall::sim
