// SPDX-License-Identifier: Apache-2.0
//
// Scratch buffers that are reused, which saves allocations on the packet path. A large buffer is
// freed after use, since a process may hold many of them.
#pragma once

#include <cstddef>
#include <vector>

namespace rollcall {

inline constexpr std::size_t kKeptScratch = 16u << 10;  // bytes; packets are smaller

template <class T>
void give_back(std::vector<T>& scratch) {
    scratch.clear();
    if (scratch.capacity() * sizeof(T) > kKeptScratch) std::vector<T>{}.swap(scratch);
}

}  // namespace rollcall
