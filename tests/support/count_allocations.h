// SPDX-License-Identifier: Apache-2.0
//
// Counts what a test program takes from operator new: replaces the standard's functions, so one
// file of a program includes it, and counts for all of them. Memory that C libraries take with
// malloc is not counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace rollcall::tests {

inline std::atomic<std::uint64_t> allocations{0};
inline std::atomic<std::uint64_t> allocated_bytes{0};

inline void* counted_memory(std::size_t size) {
    ++allocations;
    allocated_bytes += size;
    return std::malloc(size == 0 ? 1 : size);
}
inline void* counted_memory_or_throw(std::size_t size) {
    if (void* p = counted_memory(size)) return p;
    throw std::bad_alloc{};
}

}  // namespace rollcall::tests

// Not inlined, or gcc sees a free() of what a `new` gave and warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
    return rollcall::tests::counted_memory_or_throw(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
    return rollcall::tests::counted_memory_or_throw(size);
}
// std::stable_sort takes memory so.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return rollcall::tests::counted_memory(size);
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
    std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p) noexcept {
    std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept {
    std::free(p);
}
