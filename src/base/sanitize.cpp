// SPDX-License-Identifier: Apache-2.0
#include "base/sanitize.h"

#include <cstddef>
#include <cstdint>

namespace rollcall {
namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t size = 0;  // 0: invalid UTF-8
};

Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || size > text.size()) return {};
    std::uint32_t code = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0u) != 0x80u) return {};
        code = code << 6 | (byte(i) & 0x3fu);
    }
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    if (overlong || surrogate || code > 0x10ffff) return {};
    return {code, size};
}

bool is_harmful(std::uint32_t code) {
    const auto within = [code](std::uint32_t low, std::uint32_t high) {
        return low <= code && code <= high;
    };
    return code < 0x20 || within(0x7f, 0x9f) || code == 0x061c || within(0x200e, 0x200f) ||
           within(0x2028, 0x202e) || within(0x2066, 0x2069);
}

}  // namespace

std::string sanitized(std::string_view text, std::string_view spared) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_character(text);
        const std::size_t size = next.size == 0 ? 1 : next.size;
        const bool passes = next.size != 0 && (!is_harmful(next.code) ||
                                               spared.find(text[0]) != std::string_view::npos);
        for (const char c : text.substr(0, size)) {
            if (passes) {
                out += c;
                continue;
            }
            const auto byte = static_cast<unsigned char>(c);
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
        text.remove_prefix(size);
    }
    return out;
}

std::string sanitized_head(std::string_view text, std::size_t most) {
    const bool cut = text.size() > most;
    // Do not cut within a UTF-8 character.
    while (cut && most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0u) == 0x80u) --most;
    std::string clean = sanitized(text.substr(0, most));
    if (cut) clean += "...";
    return clean;
}

}  // namespace rollcall
