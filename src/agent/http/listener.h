// SPDX-License-Identifier: Apache-2.0
//
// One listening socket of the HTTP side, TCP or a Unix socket, non-blocking. Opening it blocks on
// the file system for a Unix socket: for the start only.
#pragma once

#include <optional>
#include <string>

#include "agent/control/unix_socket.h"
#include "agent/host/owned_fd.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "rpc/address.h"

namespace rollcall::agent::http {

// Why it does not listen.
struct ListenError {
    std::string text;  // names the address
    bool in_use = false;
};

class Listener {
public:
    // Call once, not with a tls: address. Returns the bound address (port 0: any free one).
    [[nodiscard]] Result<RpcAddress, ListenError> listen(const RpcAddress& at);
    [[nodiscard]] int descriptor() const { return socket_.get(); }
    // Removes a Unix socket's file.
    void close();

private:
    [[nodiscard]] Result<RpcAddress, ListenError> listen_tcp(const Endpoint& at);

    UnixSocket unix_;
    OwnedFd socket_{-1};
};

}  // namespace rollcall::agent::http
