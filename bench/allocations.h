// SPDX-License-Identifier: Apache-2.0
//
// Counts calls to operator new in this program, so that a benchmark can print allocations beside
// times.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace rollcall::bench {

// Calls to operator new since the program started, and the bytes they asked for.
[[nodiscard]] std::uint64_t allocations();
[[nodiscard]] std::uint64_t allocated_bytes();

// Adds "allocs" to a benchmark: allocations per iteration between its construction and its end.
class CountAllocations {
public:
    explicit CountAllocations(benchmark::State& state) : state_{state}, before_{allocations()} {}
    ~CountAllocations() {
        state_.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before_),
                                                       benchmark::Counter::kAvgIterations);
    }
    CountAllocations(const CountAllocations&) = delete;
    CountAllocations& operator=(const CountAllocations&) = delete;

private:
    benchmark::State& state_;
    std::uint64_t before_;
};

}  // namespace rollcall::bench
