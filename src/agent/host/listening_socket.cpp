// SPDX-License-Identifier: Apache-2.0
#include "agent/host/listening_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "transport/addresses.h"

namespace rollcall::agent {

Result<ListeningSocket, int> listen_on(const Endpoint& at, int backlog) {
    const auto address = transport::to_socket_address(at, transport::family_of(at));
    if (!address) return EAFNOSUPPORT;
    OwnedFd socket{::socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket.get() < 0) return errno;
    // After a restart, connections of the former process may still be in TIME_WAIT.
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.get(), &address->any, address->size()) != 0 ||
        ::listen(socket.get(), backlog) != 0) {
        return errno;
    }
    transport::SocketAddress bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(socket.get(), &bound.any, &size) != 0) return errno;
    const Endpoint real = transport::to_endpoint(bound.any).value_or(at);
    return ListeningSocket{.socket = std::move(socket), .bound = real};
}

}  // namespace rollcall::agent
