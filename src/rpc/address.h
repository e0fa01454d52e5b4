// SPDX-License-Identifier: Apache-2.0
//
// Where a control port is: an address and a port, or a Unix socket, written `unix:/PATH`. How the
// former is written differs between an agent, which listens, and a command, which may name a host;
// the latter is read here for both. Pure.
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
    // Of what the kernel has room for, the last byte is a zero.
    static constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

    std::string path;  // absolute, 2 to kLongestPath bytes
    friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

using RpcAddress = std::variant<Endpoint, UnixAddress>;

[[nodiscard]] bool is_unix_address(std::string_view text);
// Of such a text. The error says what is allowed. Absolute only: an agent and those who look for it
// are in different folders as a rule.
[[nodiscard]] Result<UnixAddress, std::string> parse_unix_address(std::string_view text);
// "127.0.0.1:7373", "unix:/run/rollcall.sock"
[[nodiscard]] std::string to_string(const RpcAddress& address);

}  // namespace rollcall::agent
