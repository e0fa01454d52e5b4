// SPDX-License-Identifier: Apache-2.0
//
// The figures of a run by name, with units and meanings; scenarios and reports use these names.
// judge/figures.h measures them. Constant data.
#pragma once

#include <span>
#include <string_view>

namespace rollcall::sim {

struct FigureWord {
    std::string_view name;
    std::string_view unit;     // "s", "/s", "bytes/s", "share" (0..1), or "" for a count
    std::string_view meaning;  // one line
};
// All figures, in the order in which they are shown.
[[nodiscard]] std::span<const FigureWord> figure_words();
[[nodiscard]] const FigureWord* figure_word(std::string_view name);

}  // namespace rollcall::sim
