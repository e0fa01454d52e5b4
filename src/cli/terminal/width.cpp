// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/width.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "cli/terminal/width_ranges.h"

namespace rollcall::cli {

namespace {

constexpr std::string_view kEllipsis = "…";

struct Character {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

bool is_within(std::span<const CharacterRange> ranges, char32_t code) {
    const auto range = std::ranges::lower_bound(ranges, code, {}, &CharacterRange::last);
    return range != ranges.end() && range->first <= code;
}

std::size_t columns_of(char32_t code) {
    if (code < 0x80) return 1;
    if (is_within(kWithoutWidth, code)) return 0;
    return is_within(kWide, code) ? 2 : 1;
}

// Of text that is not empty.
Character first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t bytes = lead < 0x80   ? 1
                              : lead < 0xc0 ? 0
                              : lead < 0xe0 ? 2
                              : lead < 0xf0 ? 3
                                            : 4;
    if (bytes == 1) return {};
    if (bytes == 0 || bytes > text.size()) return {};
    char32_t code = lead & (0x7fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0u) != 0x80u) return {};
        code = code << 6 | (next & 0x3fu);
    }
    return {bytes, columns_of(code)};
}

}  // namespace

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        width += next.columns;
        text.remove_prefix(next.bytes);
    }
    return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (width_of(text) <= columns) return std::string{text};
    if (columns == 0) return "";
    // What fits beside the ellipsis. Marks stay with the character that they belong to.
    std::size_t bytes = 0;
    for (std::size_t width = 0; bytes < text.size();) {
        const Character next = first_of(text.substr(bytes));
        width += next.columns;
        if (width > columns - 1) break;
        bytes += next.bytes;
    }
    return std::string{text.substr(0, bytes)} += kEllipsis;
}

std::string fitted(std::string_view text, std::size_t columns) {
    std::string out = shortened(text, columns);
    return out.append(columns - width_of(out), ' ');
}

}  // namespace rollcall::cli
