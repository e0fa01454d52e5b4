// SPDX-License-Identifier: Apache-2.0
#include "agent/service/notify_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

// The last byte stays 0: the kernel wants none, but other programs read such a name as a C string.
constexpr std::size_t kMostAddressBytes = sizeof(sockaddr_un::sun_path) - 1;

std::string bad_socket(std::string_view address) {
    return "NOTIFY_SOCKET: '" + sanitized_head(address, kMostAddressBytes) +
           "' is not allowed; allowed: an absolute path, or @NAME for an abstract name, up to " +
           std::to_string(kMostAddressBytes) + " bytes";
}

}  // namespace

Result<NotifySocket, std::string> NotifySocket::open(std::string_view address) {
    const bool abstract = address.starts_with('@');
    if (!abstract && !address.starts_with('/')) return bad_socket(address);
    if (address.size() < 2 || address.size() > kMostAddressBytes) return bad_socket(address);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address.data(), address.size());
    if (abstract) to.sun_path[0] = '\0';
    const std::size_t bytes = offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1);
    OwnedFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (fd.get() < 0) return std::string{"NOTIFY_SOCKET: "} + std::strerror(errno);
    return NotifySocket{std::move(fd), to, static_cast<socklen_t>(bytes)};
}

// To the address each time: a manager that is started again has another socket of that name.
int NotifySocket::send(std::string_view message) const {
    for (;;) {
        const ssize_t sent = ::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                      reinterpret_cast<const sockaddr*>(&to_), to_bytes_);
        if (sent >= 0) return 0;
        if (errno == EINTR) continue;
        return errno == ENOBUFS || errno == EWOULDBLOCK ? EAGAIN : errno;
    }
}

}  // namespace rollcall::agent
