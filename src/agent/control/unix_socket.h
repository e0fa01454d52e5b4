// SPDX-License-Identifier: Apache-2.0
//
// A listening Unix socket and its file. Only the file's owner (and root) may connect: it is created
// with mode 0600. A stale file of a crashed agent is replaced; a socket with a listener, and a file
// of any other kind, is never touched. At the end the file is removed, unless it was replaced.
// Calls block on the file system, and for at most a second on another agent that starts in the same
// folder: for the start only, while there is one thread.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/host/owned_fd.h"
#include "rpc/address.h"

namespace rollcall::agent {

class UnixSocket {
public:
    UnixSocket() = default;
    ~UnixSocket() { remove_file(); }
    UnixSocket(const UnixSocket&) = delete;
    UnixSocket& operator=(const UnixSocket&) = delete;

    // Call once. Nullopt: it listens, and take_descriptor() may be called. Else text for the
    // operator, which begins with `name` ("RPC address").
    [[nodiscard]] std::optional<std::string> listen(const UnixAddress& at, int backlog,
                                                    std::string_view name = "RPC address");
    // Non-blocking; the caller closes it, after remove_file().
    [[nodiscard]] int take_descriptor() { return socket_.release(); }
    // Call while the descriptor is open: until then the inode number is not reused.
    void remove_file();

private:
    [[nodiscard]] std::optional<std::string> bind(const UnixAddress& at);

    OwnedFd socket_{-1};
    std::string path_;  // "": there is no file
    dev_t device_{};
    ino_t inode_{};
};

}  // namespace rollcall::agent
