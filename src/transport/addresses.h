// SPDX-License-Identifier: Apache-2.0
//
// Endpoints to and from the kernel's socket addresses. An Endpoint stores IPv4 mapped; which of the
// two forms a socket takes depends on the socket's family, which each conversion gets as an
// argument. Pure functions.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "base/endpoint.h"

namespace rollcall::transport {

enum class Family : std::uint8_t { v4, v6 };

[[nodiscard]] inline Family family_of(const Endpoint& endpoint) {
    return endpoint.is_v4() ? Family::v4 : Family::v6;
}

// Large enough for either family, and small: it is filled once per datagram.
union SocketAddress {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    [[nodiscard]] socklen_t size() const {
        return any.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    }
};

// nullopt: an IPv6 endpoint for an IPv4 socket. An IPv4 endpoint for an IPv6 socket becomes mapped;
// whether the socket is dual-stack, the kernel knows. A link-local address without a scope takes
// `default_scope`, since members announce addresses and an address on the wire has none.
[[nodiscard]] std::optional<SocketAddress> to_socket_address(const Endpoint& endpoint,
                                                             Family socket,
                                                             std::uint32_t default_scope = 0);

// nullopt: neither IPv4 nor IPv6.
[[nodiscard]] std::optional<Endpoint> to_endpoint(const sockaddr& address);

}  // namespace rollcall::transport
