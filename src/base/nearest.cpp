// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace rollcall {

std::string_view nearest(std::string_view typed, std::span<const std::string_view> candidates) {
    constexpr std::size_t kLongest = 64;
    if (typed.empty() || typed.size() > kLongest) return {};
    // Damerau-Levenshtein (optimal string alignment), three rows at a time.
    const auto distance = [&](std::string_view word) {
        const std::size_t width = word.size() + 1;
        std::vector<std::size_t> before(width), above(width), row(width);
        for (std::size_t j = 0; j < width; ++j) above[j] = j;
        for (std::size_t i = 1; i <= typed.size(); ++i) {
            row[0] = i;
            for (std::size_t j = 1; j < width; ++j) {
                const std::size_t change = typed[i - 1] == word[j - 1] ? 0 : 1;
                row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
                if (i > 1 && j > 1 && typed[i - 1] == word[j - 2] && typed[i - 2] == word[j - 1]) {
                    row[j] = std::min(row[j], before[j - 2] + 1);
                }
            }
            std::swap(before, above);
            std::swap(above, row);
        }
        return above[width - 1];
    };
    std::string_view best;
    std::size_t best_distance = typed.size() / 3 + 2;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kLongest) continue;
        // The start of a longer word counts as near: "stat" for "status".
        const bool starts = typed.size() >= 3 && candidate.substr(0, typed.size()) == typed;
        const std::size_t d = starts ? 1 : distance(candidate);
        if (d < best_distance && d < candidate.size()) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

}  // namespace rollcall
