// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean": the known word nearest to one that nobody knows. Pure function.
#pragma once

#include <span>
#include <string_view>

namespace rollcall {

// The candidate that was probably meant, or "". Counts insertions, deletions, changes and swaps of
// neighbours; a third of the word may be wrong.
[[nodiscard]] std::string_view nearest(std::string_view typed,
                                       std::span<const std::string_view> candidates);

}  // namespace rollcall
