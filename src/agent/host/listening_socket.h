// SPDX-License-Identifier: Apache-2.0
//
// A TCP socket that listens. Any thread.
#pragma once

#include "agent/host/owned_fd.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace rollcall::agent {

struct ListeningSocket {
    OwnedFd socket;  // does not block
    Endpoint bound;  // with the real port
};

// Port 0: any free one. Clients wait in a backlog of `backlog`. The error is an errno.
[[nodiscard]] Result<ListeningSocket, int> listen_on(const Endpoint& at, int backlog);

}  // namespace rollcall::agent
