// SPDX-License-Identifier: Apache-2.0
#include "agent/control/listener.h"

#include <utility>
#include <variant>

#include "transport/addresses.h"

namespace rollcall::agent {
namespace {

constexpr int kListenBacklog = 128;

std::string cannot_listen(const RpcAddress& at, int error) {
    std::string text = "RPC address " + to_string(at) + ": " + uv_strerror(error);
    if (error == UV_EADDRINUSE) {
        text += " (is another agent running? --rpc-addr sets another port)";
    }
    return text;
}

}  // namespace

Result<RpcAddress, std::string> RpcListener::listen(uv_loop_t& loop, const RpcAddress& at) {
    const auto* const endpoint = std::get_if<Endpoint>(&at);
    return endpoint != nullptr ? listen_tcp(loop, *endpoint)
                               : listen_unix(loop, std::get<UnixAddress>(at));
}

Result<RpcAddress, std::string> RpcListener::listen_tcp(uv_loop_t& loop, const Endpoint& at) {
    int error =
        handle_.init(*this, [&](uv_any_handle* any) { return uv_tcp_init(&loop, &any->tcp); });
    if (error != 0) return cannot_listen(at, error);
    uv_tcp_t& tcp = handle_.get()->tcp;
    const auto address = transport::to_socket_address(at, transport::family_of(at));
    error = address ? uv_tcp_bind(&tcp, &address->any, 0) : UV_EAFNOSUPPORT;
    if (error == 0) error = begin();
    transport::SocketAddress bound{};
    int size = sizeof bound;
    if (error == 0) error = uv_tcp_getsockname(&tcp, &bound.any, &size);
    if (error != 0) return cannot_listen(at, error);
    return RpcAddress{transport::to_endpoint(bound.any).value_or(at)};
}

Result<RpcAddress, std::string> RpcListener::listen_unix(uv_loop_t& loop, const UnixAddress& at) {
    // Not by uv_pipe_bind(): it sets no mode, and on closing removes any file at the path.
    if (auto error = unix_.listen(at, kListenBacklog)) return std::move(*error);
    int error =
        handle_.init(*this, [&](uv_any_handle* any) { return uv_pipe_init(&loop, &any->pipe, 0); });
    if (error != 0) return cannot_listen(at, error);
    OwnedFd socket{unix_.take_descriptor()};
    error = uv_pipe_open(&handle_.get()->pipe, socket.get());
    if (error != 0) return cannot_listen(at, error);
    static_cast<void>(socket.release());  // the handle closes it
    error = begin();
    if (error != 0) return cannot_listen(at, error);
    return RpcAddress{at};
}

int RpcListener::begin() {
    return uv_listen(&handle_.get()->stream, kListenBacklog, [](uv_stream_t* stream, int status) {
        if (RpcListener* owner = Handle::owner_of_base(stream)) owner->client_waits(status);
    });
}

// libuv reports no other client until this one is accepted.
void RpcListener::client_waits(int status) {
    if (status == 0) return turns_.ask(*this);
    waiting_(handle_.get()->stream, status);
}

bool RpcListener::take_turn(Time /*end*/) {
    if (handle_) waiting_(handle_.get()->stream, 0);
    return false;
}

void RpcListener::close(const std::function<void()>& closed) {
    unix_.remove_file();
    turns_.forget(*this);
    handle_.close(closed);
}

}  // namespace rollcall::agent
