// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean": the known word nearest to an unknown one. Pure. In doubt it suggests nothing: a
// wrong suggestion misleads more than it helps.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace rollcall {

// The candidate that was probably meant, or "". Counts insertions, deletions, changes and swaps of
// neighbours: one mistake in a word of up to five letters (two where every letter is right and only
// the order is wrong), two up to nine, three beyond. The start of exactly one longer word counts as
// that word, from three letters on, and its end, from four; so does a word without its dashes.
[[nodiscard]] std::string_view nearest(std::string_view typed,
                                       std::span<const std::string_view> candidates);

// The same for candidates that come one by one: a list too long for one step. One costs up to some
// microseconds.
class Nearest {
public:
    explicit Nearest(std::string_view typed);
    void offer(std::string_view candidate);
    // The one that was probably meant, of those offered so far, or "".
    [[nodiscard]] const std::string& result() const;

private:
    std::string typed_;  // "": too long or empty, nothing is near
    std::string best_, longer_;
    std::size_t best_distance_, longer_words_ = 0;
    bool is_same_ = false;  // best_ is the word, but for its dashes
};

}  // namespace rollcall
