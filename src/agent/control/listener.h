// SPDX-License-Identifier: Apache-2.0
//
// One listening address of the control protocol's server, TCP or a Unix socket. Reports waiting
// clients without accepting them, in its turns (agent/host/turns.h): those that come faster wait in
// the kernel's backlog. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <utility>

#include "agent/control/unix_socket.h"
#include "agent/host/turns.h"
#include "base/result.h"
#include "rpc/address.h"
#include "transport/uv_handle.h"

namespace rollcall::agent {

class RpcListener final : private Turns::Client {
public:
    // A client waits for uv_accept(), or `status` is a libuv error.
    using Waiting = std::function<void(uv_stream_t& listener, int status)>;

    RpcListener(Turns& turns, Waiting waiting) : turns_{turns}, waiting_{std::move(waiting)} {}
    ~RpcListener() { close({}); }
    RpcListener(const RpcListener&) = delete;
    RpcListener& operator=(const RpcListener&) = delete;

    // Call once, not with a tls: address. Returns the bound address (port 0: any free one), or an
    // error that names the address.
    [[nodiscard]] Result<RpcAddress, std::string> listen(uv_loop_t& loop, const RpcAddress& at);
    // Removes a Unix socket's file at once. `closed` is called by the loop, or at once if it never
    // listened.
    void close(const std::function<void()>& closed);

private:
    using Handle = transport::UvHandle<uv_any_handle, RpcListener>;

    [[nodiscard]] Result<RpcAddress, std::string> listen_tcp(uv_loop_t& loop, const Endpoint& at);
    [[nodiscard]] Result<RpcAddress, std::string> listen_unix(uv_loop_t& loop,
                                                              const UnixAddress& at);
    [[nodiscard]] int begin();
    void client_waits(int status);
    [[nodiscard]] bool take_turn(Time end) override;

    Turns& turns_;
    Waiting waiting_;
    UnixSocket unix_;
    Handle handle_;
};

}  // namespace rollcall::agent
