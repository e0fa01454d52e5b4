// SPDX-License-Identifier: Apache-2.0
//
// A descriptor of the kernel's that is closed when its owner goes. One thread at a time.
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

    // Below 0: it never opened.
    [[nodiscard]] int get() const { return fd_; }
    // Some file systems say only here that a write failed: as ::close().
    [[nodiscard]] int close() { return ::close(release()); }
    // The caller's from here on.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

}  // namespace rollcall::agent
