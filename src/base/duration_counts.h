// SPDX-License-Identifier: Apache-2.0
//
// Counts durations by upper bounds: the plain figures of a histogram. The bounds are constants of
// the caller, ascending. All members are 64-bit counters, so that a struct of counters may contain
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "base/time.h"

namespace rollcall {

template <std::size_t Bounds>
struct DurationCounts {
    // By the first bound that a duration does not exceed; the last entry counts the longer ones.
    std::array<std::uint64_t, Bounds + 1> counts{};
    std::uint64_t total_ns = 0;

    // A negative duration counts as none.
    template <class Bound>
    void add(Duration duration, const std::array<Bound, Bounds>& bounds) {
        std::size_t place = 0;
        while (place < Bounds && duration > bounds[place]) ++place;
        ++counts[place];
        if (duration > Duration{}) total_ns += static_cast<std::uint64_t>(duration.count());
    }
    [[nodiscard]] std::uint64_t number() const {
        return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    }
};

}  // namespace rollcall
