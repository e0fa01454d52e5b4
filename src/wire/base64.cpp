// SPDX-License-Identifier: Apache-2.0
#include "wire/base64.h"

#include <algorithm>
#include <cstdint>

namespace rollcall::wire {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            group = group << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += i <= count ? kBase64Digits[group >> (18 - 6 * i) & 63] : '=';
        }
    }
    return text;
}

std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return {};
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const std::size_t missing = at + 4 == text.size() ? padding : 0;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::size_t digit = i < 4 - missing ? kBase64Digits.find(text[at + i]) : 0;
            if (digit == std::string_view::npos) return {};
            group = group << 6 | static_cast<std::uint32_t>(digit);
        }
        for (std::size_t i = 0; i < 3 - missing; ++i) {
            bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * i) & 0xff));
        }
        // Bits below the last byte must be zero: one key has one spelling.
        if (missing > 0 && (group & (missing == 2 ? 0xffffu : 0xffu)) != 0) return {};
    }
    return bytes;
}

std::size_t base64_error_at(std::string_view text) {
    std::size_t at = 0;
    const auto skip_line_breaks = [&] {
        while (at < text.size() && (text[at] == '\n' || text[at] == '\r')) ++at;
    };
    while (true) {
        for (std::size_t place = 0; place < 4; ++place) {
            skip_line_breaks();
            if (at == text.size()) return at - place;
            const char c = text[at++];
            if (kBase64Digits.find(c) != std::string_view::npos) continue;
            if (c != '=' || place < 2) return at - 1;
            skip_line_breaks();
            if (place == 2) {  // a second one belongs to it
                if (at == text.size()) return at;
                if (text[at] != '=') return at - 1;
                ++at;
                skip_line_breaks();
            }
            return at;  // nothing may follow
        }
    }
}

}  // namespace rollcall::wire
