// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace rollcall {
namespace {

constexpr std::array<std::byte, 12> kMappedPrefix = {
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

template <class T>
std::optional<T> parse_number(std::string_view text, int base, T max) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
    if (value > max) return {};
    return static_cast<T>(value);
}

std::optional<std::array<std::byte, 4>> parse_v4(std::string_view text) {
    std::array<std::byte, 4> ip{};
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos || dot > 3) return {};
        // Some programs read a leading zero as octal, others as decimal: refused here.
        if (dot > 1 && text.front() == '0') return {};
        const auto part = parse_number<std::uint8_t>(text.substr(0, dot), 10, 255);
        if (!part) return {};
        ip[i] = std::byte{*part};
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return ip;
}

// RFC 4291 text forms: eight groups, one "::", an IPv4 tail.
std::optional<std::array<std::byte, 16>> parse_v6(std::string_view text) {
    std::array<std::byte, 16> ip{};
    std::size_t used = 0;
    std::optional<std::size_t> gap;
    if (text.starts_with("::")) {
        gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        if (used == 16) return {};
        const std::size_t colon = std::min(text.find(':'), text.size());
        const std::string_view group = text.substr(0, colon);
        if (group.find('.') != std::string_view::npos) {
            const auto v4 = parse_v4(group);
            if (!v4 || used > 12 || colon != text.size()) return {};
            std::copy(v4->begin(), v4->end(), ip.begin() + static_cast<std::ptrdiff_t>(used));
            used += 4;
            break;
        }
        if (group.size() > 4) return {};
        const auto value = parse_number<std::uint16_t>(group, 16, 0xffff);
        if (!value) return {};
        ip[used++] = static_cast<std::byte>(*value >> 8);
        ip[used++] = static_cast<std::byte>(*value & 0xff);
        if (colon == text.size()) break;
        text.remove_prefix(colon + 1);
        if (text.starts_with(':')) {
            if (gap) return {};
            gap = used;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return {};  // a single trailing colon
        }
    }
    if (!gap) return used == 16 ? std::optional{ip} : std::nullopt;
    if (used > 14) return {};
    const auto begin = ip.begin() + static_cast<std::ptrdiff_t>(*gap);
    std::move_backward(begin, ip.begin() + static_cast<std::ptrdiff_t>(used), ip.end());
    std::fill_n(begin, 16 - used, std::byte{0});
    return ip;
}

bool is_mapped(const std::array<std::byte, 16>& ip) {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
}

void append_number(std::string& out, unsigned value, int base) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
    out.append(digits.data(), end);
}

// RFC 5952: lower case, the longest run of two or more zero groups becomes "::".
std::string v6_to_string(const std::array<std::byte, 16>& ip) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) {
        groups[i] =
            std::to_integer<unsigned>(ip[2 * i]) << 8 | std::to_integer<unsigned>(ip[2 * i + 1]);
    }
    std::size_t gap = 8;
    std::size_t gap_length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > gap_length) {
            gap = i;
            gap_length = end - i;
        }
        i = std::max(end, i + 1);
    }
    std::string out;
    for (std::size_t i = 0; i < 8;) {
        if (i == gap) {
            out += "::";
            i += gap_length;
            continue;
        }
        if (!out.empty() && !out.ends_with(':')) out += ':';
        append_number(out, groups[i], 16);
        ++i;
    }
    return out;
}

std::string ip_to_string(const std::array<std::byte, 16>& ip) {
    if (!is_mapped(ip)) return v6_to_string(ip);
    std::string out;
    for (std::size_t i = 12; i < 16; ++i) {
        if (i > 12) out += '.';
        append_number(out, std::to_integer<unsigned>(ip[i]), 10);
    }
    return out;
}

}  // namespace

std::optional<WireAddress> WireAddress::from_bytes(Bytes bytes) {
    if (!bytes.empty() && bytes.size() != 4 && bytes.size() != 16) return {};
    WireAddress address;
    // One move each; a copy of any length is a call.
    if (bytes.size() == 4) std::memcpy(address.bytes_.data(), bytes.data(), 4);
    if (bytes.size() == 16) std::memcpy(address.bytes_.data(), bytes.data(), 16);
    address.size_ = static_cast<std::uint8_t>(bytes.size());
    return address;
}

WireAddress WireAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    WireAddress address;
    address.bytes_ = {std::byte{a}, std::byte{b}, std::byte{c}, std::byte{d}};
    address.size_ = 4;
    return address;
}

std::string WireAddress::to_string() const {
    const auto endpoint = Endpoint::from_wire(*this, 0);
    return endpoint ? ip_to_string(endpoint->ip) : std::string{};
}

std::optional<Endpoint> Endpoint::from_wire(const WireAddress& address, std::uint16_t port) {
    const Bytes bytes = address.bytes();
    if (bytes.empty()) return {};
    Endpoint endpoint;
    endpoint.port = port;
    if (bytes.size() == 4) {
        std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.ip.begin());
        std::memcpy(endpoint.ip.data() + kMappedPrefix.size(), bytes.data(), 4);
    } else {
        std::memcpy(endpoint.ip.data(), bytes.data(), 16);
    }
    return endpoint;
}

std::optional<Endpoint> Endpoint::parse_address(std::string_view text, std::uint16_t port) {
    Endpoint endpoint;
    endpoint.port = port;
    if (const auto v4 = parse_v4(text)) {
        std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.ip.begin());
        std::copy(v4->begin(), v4->end(), endpoint.ip.begin() + 12);
        return endpoint;
    }
    if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
        const auto scope = parse_number<std::uint32_t>(text.substr(percent + 1), 10, 0xffffffffu);
        if (!scope) return {};
        endpoint.scope = *scope;
        text = text.substr(0, percent);
    }
    const auto v6 = parse_v6(text);
    if (!v6) return {};
    endpoint.ip = *v6;
    return endpoint;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return {};
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1), 10, 65535);
    if (!port) return {};
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const bool looks_v6 = host.find(':') != std::string_view::npos;
    if (looks_v6 != bracketed) return {};
    return parse_address(host, *port);
}

bool Endpoint::is_v4() const {
    return is_mapped(ip);
}

bool Endpoint::is_unspecified() const {
    const auto from = ip.begin() + (is_v4() ? 12 : 0);
    return std::all_of(from, ip.end(), [](std::byte b) { return b == std::byte{0}; });
}

WireAddress Endpoint::to_wire() const {
    const Bytes all{ip};
    return *WireAddress::from_bytes(is_v4() ? all.last(4) : all);
}

std::string Endpoint::address_to_string() const {
    std::string out = ip_to_string(ip);
    if (scope != 0) {
        out += '%';
        append_number(out, scope, 10);
    }
    return out;
}

std::string Endpoint::to_string() const {
    std::string out = address_to_string();
    if (!is_v4()) out = "[" + out + "]";
    out += ':';
    append_number(out, port, 10);
    return out;
}

std::optional<HostPort> HostPort::parse(std::string_view text, std::uint16_t default_port) {
    HostPort result;
    result.port = default_port;
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        result.name = text.substr(0, slash);
        if (result.name.empty()) return {};
        text = text.substr(slash + 1);
    }
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return {};
        result.host = text.substr(1, close - 1);
        const std::string_view tail = text.substr(close + 1);
        if (!tail.empty() && (tail.front() != ':' || tail.size() == 1)) return {};
        if (!tail.empty()) port = tail.substr(1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        const std::size_t colon = text.find(':');
        result.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.empty()) return {};
    } else {
        result.host = text;
    }
    if (!port.empty()) {
        const auto number = parse_number<std::uint16_t>(port, 10, 65535);
        if (!number || *number == 0) return {};
        result.port = *number;
    }
    // Neither a name nor an address contains one of these.
    const bool odd = std::any_of(result.host.begin(), result.host.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '/' || c == '[' ||
               c == ']';
    });
    if (result.host.empty() || odd) return {};
    return result;
}

}  // namespace rollcall
