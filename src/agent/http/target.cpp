// SPDX-License-Identifier: Apache-2.0
#include "agent/http/target.h"

#include <algorithm>

namespace rollcall::agent::http {
namespace {

constexpr std::string_view kScheme = "http://";

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return {};
}

// Nullopt: a % that is not followed by two hex digits, or %00.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '+' && plus_is_space) {
            decoded += ' ';
        } else if (text[at] != '%') {
            decoded += text[at];
        } else {
            if (at + 2 >= text.size()) return {};
            const auto high = hex_digit(text[at + 1]);
            const auto low = hex_digit(text[at + 2]);
            if (!high || !low || (*high == 0 && *low == 0)) return {};
            decoded += static_cast<char>(*high * 16 + *low);
            at += 2;
        }
    }
    return decoded;
}

std::string bad_escape(std::string_view where) {
    return "the " + std::string{where} + " has a % that is not followed by two hex digits, or %00";
}

// Calls `use` with each part of `text` between separators.
template <class Use>
bool split(std::string_view text, char separator, Use&& use) {
    while (true) {
        const auto end = text.find(separator);
        if (!use(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

Result<Target, std::string> parse_target(std::string_view text) {
    Target target;
    if (text.starts_with(kScheme)) {
        text.remove_prefix(kScheme.size());
        const auto end = std::min(text.find_first_of("/?"), text.size());
        target.authority = text.substr(0, end);
        text.remove_prefix(end);
        if (text.empty()) text = "/";
    }
    const auto question = text.find('?');
    const std::string_view path = text.substr(0, question);
    if (!path.starts_with('/')) return std::string{"the target is not a path"};
    if (path.find('#') != std::string_view::npos) return std::string{"the target has a fragment"};
    if (path.size() > 1) {
        const bool decoded = split(path.substr(1), '/', [&](std::string_view segment) {
            auto plain = percent_decoded(segment, false);
            if (plain) target.path.push_back(std::move(*plain));
            return plain.has_value();
        });
        if (!decoded) return bad_escape("path");
    }
    if (question == std::string_view::npos) return target;
    const bool decoded = split(text.substr(question + 1), '&', [&](std::string_view parameter) {
        if (parameter.empty()) return true;
        const auto equals = parameter.find('=');
        auto name = percent_decoded(parameter.substr(0, equals), true);
        auto value = equals == std::string_view::npos
                         ? std::optional{std::string{}}
                         : percent_decoded(parameter.substr(equals + 1), true);
        if (!name || !value) return false;
        target.query.emplace_back(std::move(*name), std::move(*value));
        return true;
    });
    if (!decoded) return bad_escape("query");
    return target;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view{"-._~"}.find(c) != std::string_view::npos;
        if (plain) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += kHex[byte >> 4u];
        encoded += kHex[byte & 15u];
    }
    return encoded;
}

}  // namespace rollcall::agent::http
