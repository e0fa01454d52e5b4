// SPDX-License-Identifier: Apache-2.0
//
// One address that the control protocol's server listens on, TCP or a Unix socket. Tells of clients
// that wait, and takes none itself. The loop's thread.
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
    // A client waits, to be taken by uv_accept(); or none could come, by libuv's error.
    using Waiting = std::function<void(uv_stream_t& listener, int status)>;

    explicit RpcListener(Waiting waiting) : waiting_{std::move(waiting)} {}
    ~RpcListener() { close({}); }
    RpcListener(const RpcListener&) = delete;
    RpcListener& operator=(const RpcListener&) = delete;

    // Once. Where it listens now (port 0: any), or the address and the cause.
    [[nodiscard]] Result<RpcAddress, std::string> listen(uv_loop_t& loop, const RpcAddress& at);
    // A Unix socket's file goes at once. `closed` is called by the loop, or at once when it never
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
