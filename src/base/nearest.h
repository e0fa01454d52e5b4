// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean": the known word nearest to an unknown one. Pure function. In doubt it suggests
// nothing: a wrong suggestion misleads more than it helps.
#pragma once

#include <span>
#include <string_view>

namespace rollcall {

// The candidate that was probably meant, or "". Counts insertions, deletions, changes and swaps of
// neighbours: one mistake in a word of up to five letters (two where every letter is right and only
// the order is wrong), two up to nine, three beyond. The start of exactly one longer word counts as
// that word, from three letters on, and its end, from four; so does a word without its dashes.
[[nodiscard]] std::string_view nearest(std::string_view typed,
                                       std::span<const std::string_view> candidates);

}  // namespace rollcall
