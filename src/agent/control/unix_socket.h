// SPDX-License-Identifier: Apache-2.0
//
// A Unix socket that listens, and its file. Only the file's owner (and root) may connect: the file
// has mode 0600 from its first moment. A file that an agent left behind in a crash is replaced; a
// socket on which somebody listens, and a file of any other kind, is never touched. At the end the
// file is removed, unless it is another's by then. Calls wait for the file system, and for at most
// a second for another agent that starts in the same folder: for the start only, before there is a
// second thread.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
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

    // Once. Nullopt: it listens, and the descriptor can be taken. Else why not, for the operator.
    [[nodiscard]] std::optional<std::string> listen(const UnixAddress& at, int backlog);
    // Non-blocking; the caller closes it, after remove_file().
    [[nodiscard]] int take_descriptor() { return socket_.release(); }
    // While the descriptor is open: until then no other file has the number of ours.
    void remove_file();

private:
    [[nodiscard]] std::optional<std::string> bind(const UnixAddress& at);

    OwnedFd socket_{-1};
    std::string path_;  // "": there is no file
    dev_t device_{};
    ino_t inode_{};
};

}  // namespace rollcall::agent
