// SPDX-License-Identifier: Apache-2.0
#include "wire/key_text.h"

#include <openssl/evp.h>

#include <array>
#include <optional>

#include "base/check.h"
#include "wire/base64.h"

namespace rollcall::wire {
namespace {

constexpr std::string_view kKeyBlanks = " \t\v\f";
constexpr std::string_view kKeyLineBreaks = "\r\n";

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

bool is_key_size(std::size_t bytes) {
    return bytes == 16 || bytes == 24 || bytes == 32;
}

// Why it is not base64.
std::string not_base64(std::string_view text) {
    if (text.find_first_of("-_") != std::string_view::npos &&
        text.find_first_of("+/") == std::string_view::npos) {
        return "is base64url ('-' and '_' in place of '+' and '/'), not base64";
    }
    std::string padded{text};
    while (padded.size() % 4 != 0) padded += '=';
    const auto key = padded.size() == text.size() ? std::nullopt : from_base64(padded);
    if (key && is_key_size(key->size())) {
        return "lacks its padding: base64 ends with '=' up to a multiple of four digits";
    }
    return "is not base64";
}

}  // namespace

std::string key_fingerprint(Bytes key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ROLLCALL_CHECK(
        EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

Result<std::vector<std::byte>, std::string> parse_key(std::string_view text) {
    if (text.empty()) return std::string{"is empty"};
    if (const auto stray = stray_space(text); !stray.empty()) return std::string{stray};
    auto key = from_base64(text);
    if (!key) return not_base64(text);
    if (!is_key_size(key->size())) {
        return "has " + std::to_string(key->size()) + (key->size() == 1 ? " byte" : " bytes");
    }
    return std::move(*key);
}

std::string_view stray_space(std::string_view text) {
    if (text.empty()) return {};
    if (is_one_of(text.back(), kKeyLineBreaks)) return "ends with a newline";
    if (is_one_of(text.back(), kKeyBlanks)) return "ends with a blank";
    if (is_one_of(text.front(), kKeyLineBreaks)) return "begins with a newline";
    if (is_one_of(text.front(), kKeyBlanks)) return "begins with a blank";
    for (const char c : text) {
        if (is_one_of(c, kKeyLineBreaks)) return "contains a newline";
        if (is_one_of(c, kKeyBlanks)) return "contains a blank";
    }
    return {};
}

}  // namespace rollcall::wire
