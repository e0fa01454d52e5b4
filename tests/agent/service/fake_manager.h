// SPDX-License-Identifier: Apache-2.0
//
// A service manager as a test needs it: a socket that receives notifications, and what came in.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "agent/host/owned_fd.h"

namespace rollcall::agent::tests {

class FakeManager {
public:
    // A path, or "@NAME" for the abstract namespace.
    explicit FakeManager(std::string address) : address_{std::move(address)} {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, address_.data(), address_.size());
        const bool abstract = address_.starts_with('@');
        if (abstract) at.sun_path[0] = '\0';
        const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                                  address_.size() + (abstract ? 0 : 1));
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), bytes), 0)
            << std::strerror(errno);
    }

    [[nodiscard]] const std::string& address() const { return address_; }

    // All messages so far, in order.
    const std::vector<std::string>& messages() {
        std::array<char, 4096> message{};
        ssize_t bytes = 0;
        while ((bytes = ::recv(fd_.get(), message.data(), message.size(), MSG_DONTWAIT)) >= 0) {
            messages_.emplace_back(message.data(), static_cast<std::size_t>(bytes));
        }
        return messages_;
    }
    // The number of those that have this line.
    std::size_t count(std::string_view line) {
        return static_cast<std::size_t>(
            std::ranges::count_if(messages(), [&](const std::string& message) {
                return ("\n" + message + "\n").find("\n" + std::string{line} + "\n") !=
                       std::string::npos;
            }));
    }

private:
    OwnedFd fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    std::string address_;
    std::vector<std::string> messages_;
};

}  // namespace rollcall::agent::tests
