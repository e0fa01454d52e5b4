// SPDX-License-Identifier: Apache-2.0
//
// A file descriptor that is closed with its owner. One thread at a time.
#pragma once

#include <unistd.h>

#include <utility>

namespace rollcall::agent {

class OwnedFd {
public:
    explicit OwnedFd(int fd) : fd_{fd} {}
    ~OwnedFd() {
        if (fd_ >= 0) ::close(fd_);
    }
    OwnedFd(OwnedFd&& other) noexcept : fd_{other.release()} {}
    OwnedFd& operator=(OwnedFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    // Negative: not open.
    [[nodiscard]] int get() const { return fd_; }
    // As ::close(): some file systems report a failed write only here.
    [[nodiscard]] int close() { return ::close(release()); }
    // Passes ownership to the caller.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

}  // namespace rollcall::agent
