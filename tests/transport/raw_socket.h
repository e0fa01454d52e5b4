// SPDX-License-Identifier: Apache-2.0
//
// A plain kernel socket beside the loop, for what a well-behaved peer never does: reset,
// half-close, stay silent, keep a port closed.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "transport/addresses.h"

namespace rollcall::transport {

class RawSocket {
public:
    static RawSocket udp(const Endpoint& bind_to) { return RawSocket{SOCK_DGRAM, bind_to}; }
    static RawSocket listener(const Endpoint& bind_to, int backlog = 16) {
        RawSocket socket{SOCK_STREAM, bind_to};
        EXPECT_EQ(::listen(socket.fd_, backlog), 0);
        return socket;
    }
    // Does not wait: a connection to a full backlog stays under way.
    static RawSocket connect(const Endpoint& to) {
        RawSocket socket;
        socket.fd_ = ::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM, 0);
        socket.set_nonblocking();
        const auto address = to_socket_address(to, family_of(to));
        const int result = ::connect(socket.fd_, &address->any, address->size());
        EXPECT_TRUE(result == 0 || errno == EINPROGRESS);
        return socket;
    }
    RawSocket(RawSocket&& other) noexcept
        : fd_{std::exchange(other.fd_, -1)}, ended_{other.ended_}, reset_{other.reset_} {}
    RawSocket& operator=(RawSocket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~RawSocket() { close(); }

    [[nodiscard]] Endpoint local() const {
        sockaddr_storage name{};
        socklen_t size = sizeof name;
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size), 0);
        return *to_endpoint(reinterpret_cast<const sockaddr&>(name));
    }
    void send_to(const Endpoint& to, std::string_view text) {
        const auto address = to_socket_address(to, family_of(local()));
        EXPECT_EQ(::sendto(fd_, text.data(), text.size(), 0, &address->any, address->size()),
                  static_cast<ssize_t>(text.size()));
    }
    // As much as fits now.
    std::size_t send(std::string_view text) {
        const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    // Whatever is there, appended to text(); false when nothing was.
    bool read() {
        std::array<char, 65536> room{};
        const ssize_t count = ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT);
        if (count > 0) text_.append(room.data(), static_cast<std::size_t>(count));
        if (count == 0) ended_ = true;
        if (count < 0 && errno == ECONNRESET) reset_ = true;
        return count > 0;
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool was_reset() const { return reset_; }

    [[nodiscard]] RawSocket accept() {
        RawSocket socket;
        socket.fd_ = ::accept(fd_, nullptr, nullptr);
        EXPECT_GE(socket.fd_, 0);
        return socket;
    }
    void shutdown_write() { EXPECT_EQ(::shutdown(fd_, SHUT_WR), 0); }
    void reset() {
        const linger hard{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void set_nonblocking() { ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK); }

private:
    RawSocket() = default;
    RawSocket(int type, const Endpoint& bind_to) {
        fd_ = ::socket(bind_to.is_v4() ? AF_INET : AF_INET6, type, 0);
        const auto address = to_socket_address(bind_to, family_of(bind_to));
        EXPECT_EQ(::bind(fd_, &address->any, address->size()), 0);
    }
    int fd_ = -1;
    std::string text_;
    bool ended_ = false;
    bool reset_ = false;
};

}  // namespace rollcall::transport
