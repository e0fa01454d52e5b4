// SPDX-License-Identifier: Apache-2.0
//
// Addresses in their two forms. A WireAddress is what a member announced, byte for byte: peers
// compare and gossip those bytes, and 4-byte and IPv4-mapped forms of one address are different
// (docs/wire.md, "Addresses"). An Endpoint is where a socket sends: normalised, comparable, with a
// port. Pure values; no name resolution here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace rollcall {

class WireAddress {
public:
    WireAddress() = default;
    // Takes 0, 4 or 16 bytes; any other length is nullopt.
    [[nodiscard]] static std::optional<WireAddress> from_bytes(Bytes bytes);
    [[nodiscard]] static WireAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                        std::uint8_t d);
    [[nodiscard]] Bytes bytes() const { return {bytes_.data(), size_}; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    // "127.0.0.1", "fe80::1"; mapped IPv4 prints as IPv4; "" when empty.
    [[nodiscard]] std::string to_string() const;
    friend bool operator==(const WireAddress&, const WireAddress&) = default;  // raw bytes

private:
    std::array<std::byte, 16> bytes_{};
    std::uint8_t size_ = 0;
};

struct Endpoint {
    std::array<std::byte, 16> ip{};  // IPv4 is stored mapped (::ffff:a.b.c.d)
    std::uint16_t port = 0;
    std::uint32_t scope = 0;  // interface index of a link-local IPv6 address, else 0

    // An empty address gives nullopt.
    [[nodiscard]] static std::optional<Endpoint> from_wire(const WireAddress& address,
                                                           std::uint16_t port);
    // "1.2.3.4:7946", "[::1]:7946", "[fe80::1%2]:7946". A number for the port; no names.
    [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
    // "1.2.3.4", "::1", "fe80::1%2" without a port.
    [[nodiscard]] static std::optional<Endpoint> parse_address(std::string_view text,
                                                               std::uint16_t port);
    [[nodiscard]] bool is_v4() const;
    [[nodiscard]] bool is_unspecified() const;  // 0.0.0.0 or ::
    // 4 bytes for IPv4, 16 for IPv6.
    [[nodiscard]] WireAddress to_wire() const;
    [[nodiscard]] std::string address_to_string() const;  // without the port
    [[nodiscard]] std::string to_string() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct EndpointHash {
    std::size_t operator()(const Endpoint& e) const noexcept {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        std::memcpy(&high, e.ip.data(), 8);
        std::memcpy(&low, e.ip.data() + 8, 8);
        std::uint64_t h = high * 0x9e3779b97f4a7c15u ^ (low + e.port) * 0xbf58476d1ce4e5b9u;
        return static_cast<std::size_t>(h ^ (h >> 29));
    }
};

// What an operator writes for a peer: "host", "host:port", "[v6]:port", "NAME/host:port".
struct HostPort {
    std::string name;  // the expected node name before a '/', or ""
    std::string host;
    std::uint16_t port = 0;
    // nullopt: empty host, bad port, unbalanced brackets, a slash or a space in the host. A bare
    // IPv6 address has no port.
    [[nodiscard]] static std::optional<HostPort> parse(std::string_view text,
                                                       std::uint16_t default_port);
};

}  // namespace rollcall
