// SPDX-License-Identifier: Apache-2.0
//
// Room that is kept from one use to the next. It is kept to spare allocations on the packet path;
// what one large message needed is given back after it, since a process may hold many such rooms.
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
