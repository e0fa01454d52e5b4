// SPDX-License-Identifier: Apache-2.0
//
// The measures of a comparison: each is a column of the table, and a bar may limit it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/papers/fast/run.h"
#include "sim/papers/fast/worlds.h"

namespace rollcall::sim::papers {

enum class Measure : std::uint8_t {
    first_median,  // s, from a death to the first member that knows
    first_p99,
    all_median,  // s, to the last healthy member that knows
    all_p99,
    false_positives,  // for 100 node-hours, as the next two
    at_healthy,
    of_sick,
    false_suspicions,  // for a node-hour
    packets,           // for a node and second, as the next two
    bytes,
    streams,
};
inline constexpr std::array kMeasures = {
    Measure::first_median,    Measure::first_p99,  Measure::all_median, Measure::all_p99,
    Measure::false_positives, Measure::at_healthy, Measure::of_sick,    Measure::false_suspicions,
    Measure::packets,         Measure::bytes,      Measure::streams};

[[nodiscard]] std::string_view words_for(Measure measure);
[[nodiscard]] double value_of(Measure measure, const WorldOutcome& outcome);

// What a profile must keep to in a world: an absolute value, or a multiple of what lan as published
// has there, at the same size.
struct Bar {
    std::string_view world;  // its id
    unsigned members = 0;    // 0: every size
    std::string_view profile;
    Measure measure = Measure::all_median;
    double most = 0;
    bool of_published = false;

    [[nodiscard]] bool applies(const DetectionWorld& to, unsigned of,
                               const ComparedProfile& with) const;
};
// The bars of a world, those of every world among them.
[[nodiscard]] std::vector<Bar> bars_of(const DetectionWorld& world);
// "fast: all know, median at most 2.6 s with 32 members; ..."
[[nodiscard]] std::string words_for(const std::vector<Bar>& bars);

}  // namespace rollcall::sim::papers
