// SPDX-License-Identifier: Apache-2.0
#include "agent/http/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>

#include "transport/addresses.h"

namespace rollcall::agent::http {
namespace {

constexpr int kBacklog = 128;
constexpr std::string_view kName = "HTTP address";

ListenError cannot_listen_at(const RpcAddress& at, int error) {
    ListenError failed{.text = std::string{kName} + " " + to_string(at) + ": " +
                               std::generic_category().message(error),
                       .in_use = error == EADDRINUSE};
    if (failed.in_use) {
        failed.text += " (is another agent running? --http-addr sets another port, or off)";
    }
    return failed;
}

}  // namespace

Result<RpcAddress, ListenError> Listener::listen(const RpcAddress& at) {
    if (const auto* const endpoint = std::get_if<Endpoint>(&at)) return listen_tcp(*endpoint);
    if (auto error = unix_.listen(std::get<UnixAddress>(at), kBacklog, kName)) {
        return ListenError{.text = std::move(*error)};
    }
    socket_ = OwnedFd{unix_.take_descriptor()};
    return at;
}

Result<RpcAddress, ListenError> Listener::listen_tcp(const Endpoint& at) {
    const auto address = transport::to_socket_address(at, transport::family_of(at));
    if (!address) return cannot_listen_at(at, EAFNOSUPPORT);
    OwnedFd socket{::socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket.get() < 0) return cannot_listen_at(at, errno);
    // After a restart, connections of the former process may still be in TIME_WAIT.
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.get(), &address->any, address->size()) != 0 ||
        ::listen(socket.get(), kBacklog) != 0) {
        return cannot_listen_at(at, errno);
    }
    transport::SocketAddress bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(socket.get(), &bound.any, &size) != 0) return cannot_listen_at(at, errno);
    socket_ = std::move(socket);
    return RpcAddress{transport::to_endpoint(bound.any).value_or(at)};
}

void Listener::close() {
    unix_.remove_file();
    socket_ = OwnedFd{-1};
}

}  // namespace rollcall::agent::http
