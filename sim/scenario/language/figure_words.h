// SPDX-License-Identifier: Apache-2.0
//
// The figures of a run by name, with their units and meanings: what a scenario may expect and what
// a report shows. judge/figures.h measures them. Constant data.
#pragma once

#include <span>
#include <string_view>

namespace rollcall::sim {

struct FigureWord {
    std::string_view name;
    std::string_view unit;     // "s", "/s", "bytes/s", "share" of one, or "" for a count
    std::string_view meaning;  // one line
};
// Every figure that there can be, in the order in which they are shown.
[[nodiscard]] std::span<const FigureWord> figure_words();
[[nodiscard]] const FigureWord* figure_word(std::string_view name);

}  // namespace rollcall::sim
