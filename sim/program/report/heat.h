// SPDX-License-Identifier: Apache-2.0
//
// The heat map of a report: for each member and column of time, the share of its observers that did
// not see it alive, by the state in which they saw it; means over the column. Memory is members
// times columns, whatever happens in the run.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/time.h"
#include "sim/program/report/bins.h"
#include "sim/program/report/seen_states.h"

namespace rollcall::sim {

class HeatMap {
public:
    // More members than this share rows.
    static constexpr std::uint32_t kMostRows = 1000;
    // In the order of the output.
    static constexpr std::array kShown{SeenState::suspect, SeenState::dead, SeenState::left,
                                       SeenState::unknown};
    using Shares = std::array<double, kShown.size()>;

    explicit HeatMap(const TimeBins& bins) : bins_{bins} {}

    // Records that the member was as in `states` until `now`. Call before its state at a node, or
    // its observers, change.
    void record_until(std::uint32_t member, const SeenStates& states, Duration now);
    void record_all_until(const SeenStates& states, Duration now);

    // Over the part of the column up to the end of the run.
    [[nodiscard]] Shares shares(std::uint32_t member, unsigned column) const;
    // {"width_s", "columns", "ends_s", "members_per_row", "rows": [first member's name...],
    //  "cells": base64}. A row shared by several members shows, for each state, the member with
    // most of it. Cells: for each row and each of kShown, pairs of bytes (number of columns, share
    // of 255) for all columns; a share that is not 0 is at least 1.
    [[nodiscard]] nlohmann::json to_json(const SeenStates& states) const;

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
