// SPDX-License-Identifier: Apache-2.0
#include "agent/http/listener.h"

#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>

#include "agent/host/listening_socket.h"

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
    auto listening = listen_on(at, kBacklog);
    if (!listening) return cannot_listen_at(at, listening.error());
    socket_ = std::move(listening->socket);
    return RpcAddress{listening->bound};
}

void Listener::close() {
    unix_.remove_file();
    socket_ = OwnedFd{-1};
}

}  // namespace rollcall::agent::http
