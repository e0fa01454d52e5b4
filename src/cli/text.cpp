// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <algorithm>
#include <cstddef>

namespace rollcall::cli {

namespace {

std::string escape_controls(std::string_view text, std::string_view spared) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // C1 controls, too: terminals take U+009B, which is c2 9b, for the start of a sequence.
        const bool second_of_c1 =
            i > 0 && static_cast<unsigned char>(text[i - 1]) == 0xc2 && byte >= 0x80 && byte < 0xa0;
        const bool control = byte < 0x20 || byte == 0x7f || second_of_c1;
        if (control && spared.find(text[i]) == std::string_view::npos) {
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 0xf];
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

std::string harmless(std::string_view text) {
    return escape_controls(text, "");
}
std::string harmless_lines(std::string_view text) {
    return escape_controls(text, "\n\t");
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    }));
}

}  // namespace rollcall::cli
