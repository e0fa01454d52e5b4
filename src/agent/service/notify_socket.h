// SPDX-License-Identifier: Apache-2.0
//
// The socket on which a service manager receives notifications: one datagram for each, lines of
// NAME=VALUE. Never waits for the manager: what it cannot take now is for the caller to send again.
// One thread.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <string_view>

#include "agent/host/owned_fd.h"
#include "base/result.h"

namespace rollcall::agent {

class NotifySocket {
public:
    // `address` as in $NOTIFY_SOCKET: an absolute path, or "@NAME" for a name in the abstract
    // namespace; up to 107 bytes. The error is text for the operator. The manager need not be there
    // yet.
    [[nodiscard]] static Result<NotifySocket, std::string> open(std::string_view address);

    // 0, or an errno. EAGAIN: the manager's queue is full.
    [[nodiscard]] int send(std::string_view message) const;

private:
    NotifySocket(OwnedFd fd, const sockaddr_un& to, socklen_t to_bytes)
        : fd_{std::move(fd)}, to_{to}, to_bytes_{to_bytes} {}

    OwnedFd fd_;
    sockaddr_un to_;
    socklen_t to_bytes_;  // exactly: a name in the abstract namespace has no end mark
};

}  // namespace rollcall::agent
