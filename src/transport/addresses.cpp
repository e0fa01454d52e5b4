// SPDX-License-Identifier: Apache-2.0
#include "transport/addresses.h"

#include <arpa/inet.h>

#include <cstring>

namespace rollcall::transport {
namespace {

bool is_link_local(const Endpoint& endpoint) {
    return endpoint.ip[0] == std::byte{0xfe} &&
           (endpoint.ip[1] & std::byte{0xc0}) == std::byte{0x80};
}

}  // namespace

std::optional<SocketAddress> to_socket_address(const Endpoint& endpoint, Family socket,
                                               std::uint32_t default_scope) {
    SocketAddress address;
    if (socket == Family::v4) {
        if (!endpoint.is_v4()) return {};
        address.v4 = {};
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(endpoint.port);
        std::memcpy(&address.v4.sin_addr, endpoint.ip.data() + 12, 4);
        return address;
    }
    address.v6 = {};
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    address.v6.sin6_scope_id = endpoint.scope;
    if (endpoint.scope == 0 && is_link_local(endpoint)) address.v6.sin6_scope_id = default_scope;
    std::memcpy(&address.v6.sin6_addr, endpoint.ip.data(), 16);
    return address;
}

std::optional<Endpoint> to_endpoint(const sockaddr& address) {
    Endpoint endpoint;
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        endpoint.ip[10] = endpoint.ip[11] = std::byte{0xff};
        std::memcpy(endpoint.ip.data() + 12, &v4.sin_addr, 4);
        endpoint.port = ntohs(v4.sin_port);
        return endpoint;
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        std::memcpy(endpoint.ip.data(), &v6.sin6_addr, 16);
        endpoint.port = ntohs(v6.sin6_port);
        endpoint.scope = v6.sin6_scope_id;
        return endpoint;
    }
    return {};
}

}  // namespace rollcall::transport
