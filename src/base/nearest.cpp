// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {
namespace {

constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kShortestPrefix = 3;
constexpr std::size_t kShortestEnd = 4;

// Lower case, '_' as '-'.
std::string plain(std::string_view word) {
    std::string text{word};
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '_') c = '-';
    }
    return text;
}

std::string without_dashes(std::string text) {
    std::erase(text, '-');
    return text;
}

bool same_letters(std::string a, std::string b) {
    std::ranges::sort(a);
    std::ranges::sort(b);
    return a == b;
}

// Damerau-Levenshtein (optimal string alignment), three rows at a time.
std::size_t distance(std::string_view typed, std::string_view word) {
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
}

std::size_t most_mistakes(std::string_view typed, std::string_view word) {
    const std::size_t length = std::max(typed.size(), word.size());
    if (length <= 2) return 0;
    if (length <= 5) return same_letters(std::string{typed}, std::string{word}) ? 2 : 1;
    return length <= 9 ? 2 : 3;
}

// More letters than most_mistakes() ever allows: no need to compare.
bool differ_in_length(std::string_view typed, std::string_view word) {
    constexpr std::size_t kMost = 3;
    return typed.size() > word.size() + kMost || word.size() > typed.size() + kMost;
}

}  // namespace

Nearest::Nearest(std::string_view typed)
    : typed_{typed.size() > kLongestWord ? std::string{} : plain(typed)},
      best_distance_{kLongestWord} {}

void Nearest::offer(std::string_view candidate) {
    if (typed_.empty() || is_same_ || candidate.size() > kLongestWord) return;
    const std::string word = plain(candidate);
    if (without_dashes(word) == without_dashes(typed_)) {
        best_ = candidate;
        is_same_ = true;
        return;
    }
    if ((typed_.size() >= kShortestPrefix && word.starts_with(typed_)) ||
        (typed_.size() >= kShortestEnd && word.ends_with(typed_))) {
        ++longer_words_;
        longer_ = candidate;
    }
    if (differ_in_length(typed_, word)) return;
    const std::size_t d = distance(typed_, word);
    if (d <= most_mistakes(typed_, word) && d < best_distance_) {
        best_ = candidate;
        best_distance_ = d;
    }
}

const std::string& Nearest::result() const {
    // "leav" is the start of "leave" and one letter off; "event" is not the start of "events".
    const bool far = best_.empty() || best_distance_ > 1;
    return longer_words_ == 1 && far && !is_same_ ? longer_ : best_;
}

std::string_view nearest(std::string_view typed, std::span<const std::string_view> candidates) {
    Nearest search{typed};
    for (const std::string_view candidate : candidates) search.offer(candidate);
    const auto found = std::ranges::find(candidates, std::string_view{search.result()});
    return search.result().empty() || found == candidates.end() ? std::string_view{} : *found;
}

}  // namespace rollcall
