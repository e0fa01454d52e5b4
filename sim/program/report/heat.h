// SPDX-License-Identifier: Apache-2.0
//
// The heat map of a report: for each member and column of time, the share of its observers that did
// not hold it for alive, by what they held it for; means over the column. Memory is members times
// columns, whatever happens in the run.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/time.h"
#include "sim/program/report/beliefs.h"
#include "sim/program/report/bins.h"

namespace rollcall::sim {

class HeatMap {
public:
    // More members than this share rows.
    static constexpr std::uint32_t kMostRows = 1000;
    // In the order in which they are told.
    static constexpr std::array kShown{Belief::suspect, Belief::dead, Belief::left,
                                       Belief::unknown};
    using Shares = std::array<double, kShown.size()>;

    explicit HeatMap(const TimeBins& bins) : bins_{bins} {}

    // Up to `now` it was as it is in `beliefs`: to be said before a belief about that member, or
    // who observes it, changes.
    void held_until(std::uint32_t member, const Beliefs& beliefs, Duration now);
    void all_held_until(const Beliefs& beliefs, Duration now);

    // Over the part of the column that the run has had.
    [[nodiscard]] Shares shares(std::uint32_t member, unsigned column) const;
    // {"width_s", "columns", "ends_s", "members_per_row", "rows": [first member's name...],
    //  "cells": base64}. A row that several members share shows, of each belief, the member with
    // most of it. Cells: for each row and each of kShown, pairs of bytes (how many columns, share
    // of 255) until all columns are told; a share that is not 0 is at least 1.
    [[nodiscard]] nlohmann::json told(const Beliefs& beliefs) const;

private:
    struct Row {
        Duration since{};
        std::vector<std::array<float, kShown.size()>> seconds;  // by column, times share
    };
    TimeBins bins_;
    Duration end_{};
    std::vector<Row> rows_;
};

// For binary parts of the page's data.
[[nodiscard]] std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace rollcall::sim
