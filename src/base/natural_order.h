// SPDX-License-Identifier: Apache-2.0
//
// Natural sort order of names with numbers: "late_2ms" before "late_10ms". A run of digits counts
// as a number of any length, all else is compared byte by byte. A strict weak order in which only
// equal texts are equal. Pure.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall {

[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

// The entries of a map, sorted by key in this order. Views into the map, which must outlive them.
template <class Map>
[[nodiscard]] auto in_natural_order(const Map& map) {
    std::vector<std::pair<std::string_view, std::string_view>> sorted(map.begin(), map.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return natural_less(a.first, b.first); });
    return sorted;
}

}  // namespace rollcall
