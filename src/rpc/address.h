// SPDX-License-Identifier: Apache-2.0
//
// The address of a control port: an address and a port, with TLS if `tls:` stands before it, or a
// Unix socket, written `unix:/PATH`. The syntax of an address and a port differs between an agent,
// which listens, and a command, which may name a host; the rest is parsed here for both. Pure.
#pragma once

#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/endpoint.h"
#include "base/result.h"

namespace rollcall::agent {

inline constexpr std::uint16_t kDefaultRpcPort = 7373;

struct UnixAddress {
    // The kernel's limit without the terminating zero.
    static constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

    std::string path;  // absolute, 2 to kLongestPath bytes
    friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

struct TlsAddress {
    Endpoint endpoint;
    friend bool operator==(const TlsAddress&, const TlsAddress&) = default;
};

using RpcAddress = std::variant<Endpoint, UnixAddress, TlsAddress>;

// Of TCP, with TLS or without; nullptr for a Unix socket. Borrowed from the address.
[[nodiscard]] const Endpoint* endpoint_of(const RpcAddress& address);

// A text without the `tls:` before it, and whether there was one.
struct Unprefixed {
    std::string_view text;
    bool tls = false;
};
[[nodiscard]] Unprefixed without_tls(std::string_view text);

[[nodiscard]] bool is_unix_address(std::string_view text);
// Parses such a text. The error lists what is allowed. Absolute paths only: an agent and its
// clients usually run in different folders.
[[nodiscard]] Result<UnixAddress, std::string> parse_unix_address(std::string_view text);
// "127.0.0.1:7373", "tls:127.0.0.1:7373", "unix:/run/rollcall.sock"
[[nodiscard]] std::string to_string(const RpcAddress& address);

}  // namespace rollcall::agent
