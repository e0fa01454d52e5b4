// SPDX-License-Identifier: Apache-2.0
//
// Divides a run's time into columns of equal, round width, as many as a page can show.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace rollcall::sim {

// Times in a page are seconds.
[[nodiscard]] inline double page_seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}

class TimeBins {
public:
    // Of [0, length], `length` above 0, in at most `most` columns (at least 1) of 1, 2 or 5 times a
    // power of ten, none narrower than `least`, which is above 0.
    TimeBins(Duration length, unsigned most, Duration least);

    [[nodiscard]] Duration width() const { return width_; }
    [[nodiscard]] unsigned count() const { return count_; }
    // The column of a time; times after the end belong to the last one.
    [[nodiscard]] unsigned at(Duration moment) const {
        const auto column = static_cast<std::uint64_t>(std::max(moment, Duration{}) / width_);
        return static_cast<unsigned>(std::min<std::uint64_t>(column, count_ - 1));
    }
    [[nodiscard]] Duration begin_of(unsigned column) const { return width_ * column; }

private:
    Duration width_{};
    unsigned count_ = 1;
};

}  // namespace rollcall::sim
