// SPDX-License-Identifier: Apache-2.0
//
// Lines, words and numbers of the kernel's text files. A number is a whole word: what is anything
// else is none. Pure functions.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace rollcall::agent {

// Takes the next line off the text, without its end.
[[nodiscard]] inline std::optional<std::string_view> take_line(std::string_view& text) {
    if (text.empty()) return {};
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    return line;
}

// Takes the next word off the line; "" at its end.
[[nodiscard]] inline std::string_view take_word(std::string_view& line) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) {
        line = {};
        return {};
    }
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

[[nodiscard]] inline std::optional<std::uint64_t> whole_word_number(std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) return {};
    return number;
}

[[nodiscard]] inline std::optional<std::uint64_t> take_whole(std::string_view& line) {
    return whole_word_number(take_word(line));
}

// Not negative, and finite: "nan" and "inf" are none.
[[nodiscard]] inline std::optional<double> decimal_number(std::string_view word) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || end != word.data() + word.size()) return {};
    if (!std::isfinite(number) || number < 0) return {};
    return number;
}

[[nodiscard]] inline std::optional<double> take_decimal(std::string_view& line) {
    return decimal_number(take_word(line));
}

}  // namespace rollcall::agent
