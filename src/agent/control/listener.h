// SPDX-License-Identifier: Apache-2.0
//
// One listening address of the control protocol's server, TCP or a Unix socket. Reports waiting
// clients without accepting them. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <utility>

#include "agent/control/unix_socket.h"
#include "base/result.h"
#include "rpc/address.h"
#include "transport/uv_handle.h"

namespace rollcall::agent {

class RpcListener {
public:
    // A client waits for uv_accept(), or `status` is a libuv error.
    using Waiting = std::function<void(uv_stream_t& listener, int status)>;

    explicit RpcListener(Waiting waiting) : waiting_{std::move(waiting)} {}
    ~RpcListener() { close({}); }
    RpcListener(const RpcListener&) = delete;
    RpcListener& operator=(const RpcListener&) = delete;

    // Call once. Returns the bound address (port 0: any free one), or an error that names the
    // address.
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

    Waiting waiting_;
    UnixSocket unix_;
    Handle handle_;
};

}  // namespace rollcall::agent
