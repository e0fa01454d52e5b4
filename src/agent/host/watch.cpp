// SPDX-License-Identifier: Apache-2.0
#include "agent/host/watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>

namespace rollcall::agent {
namespace {

constexpr std::chrono::milliseconds kSettle{200};
constexpr std::chrono::seconds kPeriod{60};
constexpr std::chrono::seconds kPeriodAlone{10};  // when the kernel does not notify
constexpr int kMostReads = 64;  // per wake-up; hosts with many containers have many changes

}  // namespace

void HostWatch::begin() {
    timer_.init(*this, loop_);
    listen();
    look_within(period());
}

Duration HostWatch::period() const {
    return poll_ ? kPeriod : kPeriodAlone;
}

// On an error only the periodic check remains.
void HostWatch::listen() {
    kernel_ = OwnedFd{::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (kernel_.get() < 0) return;
    sockaddr_nl groups{};
    groups.nl_family = AF_NETLINK;
    groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (::bind(kernel_.get(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
        return;
    }
    const int error = poll_.init(
        *this, [&](uv_poll_t* poll) { return uv_poll_init(&loop_, poll, kernel_.get()); });
    if (error != 0) return;
    uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* poll, int, int) {
        if (auto* owner = transport::UvHandle<uv_poll_t, HostWatch>::owner_of(poll))
            owner->on_netlink();
    });
}

// The messages are not parsed: any message, or a loss of messages, means that something changed.
void HostWatch::on_netlink() {
    std::array<std::byte, 8192> message{};
    for (int i = 0; i < kMostReads; ++i) {
        const auto got = ::recv(kernel_.get(), message.data(), message.size(), 0);
        if (got < 0 && errno != EINTR && errno != ENOBUFS) break;
    }
    if (!soon_) look_within(kSettle);
    soon_ = true;
}

void HostWatch::look() {
    soon_ = false;
    look_within(period());
    changed_();
}

void HostWatch::look_within(Duration wait) {
    if (!closed_) timer_.start<&HostWatch::look>(wait);
}

void HostWatch::close(const std::function<void()>& closed) {
    closed_ = true;
    poll_.close([this, closed] { timer_.close(closed); });
}

}  // namespace rollcall::agent
