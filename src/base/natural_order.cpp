// SPDX-License-Identifier: Apache-2.0
#include "base/natural_order.h"

#include <algorithm>
#include <cstddef>

namespace rollcall {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view digits_at(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    return text.substr(at, end - at);
}

std::string_view without_zeros(std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        const std::string_view left = digits_at(a, i), right = digits_at(b, j);
        if (left.empty() || right.empty()) {
            if (a[i] != b[j]) {
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
            }
            ++i;
            ++j;
            continue;
        }
        const std::string_view x = without_zeros(left), y = without_zeros(right);
        if (x.size() != y.size()) return x.size() < y.size();
        if (x != y) return x < y;
        i += left.size();
        j += right.size();
    }
    if (i < a.size() || j < b.size()) return j < b.size();
    return a < b;  // "01" and "1"
}

}  // namespace rollcall
