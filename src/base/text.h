// SPDX-License-Identifier: Apache-2.0
//
// Small functions on texts that several rooms need. Pure; letters are those of ASCII.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace rollcall {

[[nodiscard]] inline std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

// In a time that does not depend on where the two differ, nor on the length of the wanted one.
[[nodiscard]] inline bool same_secret(std::string_view given, std::string_view wanted) {
    std::size_t difference = given.size() ^ wanted.size();
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
        difference |= static_cast<unsigned char>(given[i] ^ other);
    }
    return difference == 0;
}

// For unordered maps by std::string in which a std::string_view is looked up.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

}  // namespace rollcall
