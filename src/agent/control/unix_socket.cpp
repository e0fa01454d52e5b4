// SPDX-License-Identifier: Apache-2.0
#include "agent/control/unix_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

namespace rollcall::agent {
namespace {

constexpr mode_t kAllButOwnersReadAndWrite = 0177;

std::string error_words(int error) {
    return std::generic_category().message(error);
}

OwnedFd stream_socket() {
    return OwnedFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

sockaddr_un address_of(const UnixAddress& at) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(at.path, address.sun_path);
    return address;
}

// 0, or an errno.
int bind_for_owner_only(int socket, const UnixAddress& at) {
    const sockaddr_un address = address_of(at);
    const mode_t before = ::umask(kAllButOwnersReadAndWrite);
    const int bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = bound == 0 ? 0 : errno;
    ::umask(before);
    return error;
}

// 0 if a process listens there, else an errno: ECONNREFUSED for a stale socket.
int try_connect(const UnixAddress& at) {
    const OwnedFd socket = stream_socket();
    if (socket.get() < 0) return errno;
    const sockaddr_un address = address_of(at);
    const int connected =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return connected == 0 ? 0 : errno;
}

// Removes a stale socket. Nullopt: the path is free now.
std::optional<std::string> remove_stale(const UnixAddress& at) {
    struct stat found {};
    if (::lstat(at.path.c_str(), &found) != 0) {
        return errno == ENOENT ? std::optional<std::string>{} : error_words(errno);
    }
    if (!S_ISSOCK(found.st_mode)) return "there is a file that is no socket; it stays";
    const int answer = try_connect(at);
    if (answer == ENOENT) return {};
    if (answer == 0 || answer == EAGAIN) return "another agent listens there";
    if (answer != ECONNREFUSED) {
        return "a socket exists, and whether a process listens on it is unknown: " +
               error_words(answer);
    }
    if (::unlink(at.path.c_str()) != 0 && errno != ENOENT) {
        return "a stale socket exists and cannot be removed: " + error_words(errno);
    }
    return {};
}

// Between bind() and listen() a socket looks stale, so agents that start at the same time check and
// bind one at a time. The lock is given up after a second, since a starting agent holds it only
// briefly, and is skipped for a folder that cannot be read.
class FolderLock {
public:
    explicit FolderLock(const std::string& folder)
        : folder_{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
        constexpr auto kBetweenTries = std::chrono::milliseconds{10};
        constexpr int kTries = 100;
        for (int i = 0; i < kTries && ::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
            if (errno != EWOULDBLOCK) return;
            std::this_thread::sleep_for(kBetweenTries);
        }
    }

private:
    OwnedFd folder_;
};

}  // namespace

std::optional<std::string> UnixSocket::listen(const UnixAddress& at, int backlog,
                                              std::string_view name) {
    const auto refused = [&](const std::string& why) {
        return std::string{name} + " " + to_string(at) + ": " + why;
    };
    const FolderLock lock{std::filesystem::path{at.path}.parent_path().string()};
    if (auto error = bind(at)) return refused(*error);
    if (::listen(socket_.get(), backlog) != 0) return refused(error_words(errno));
    return {};
}

std::optional<std::string> UnixSocket::bind(const UnixAddress& at) {
    socket_ = stream_socket();
    if (socket_.get() < 0) return error_words(errno);
    int error = bind_for_owner_only(socket_.get(), at);
    if (error == EADDRINUSE) {
        if (auto problem = remove_stale(at)) return problem;
        error = bind_for_owner_only(socket_.get(), at);
    }
    if (error == ENOENT || error == EACCES) {
        return error_words(error) + " (this user must be able to create files in its folder)";
    }
    if (error != 0) return error_words(error);
    struct stat made {};
    if (::lstat(at.path.c_str(), &made) != 0) return error_words(errno);
    path_ = at.path;
    device_ = made.st_dev;
    inode_ = made.st_ino;
    return {};
}

void UnixSocket::remove_file() {
    const std::string path = std::exchange(path_, {});
    struct stat now {};
    if (path.empty() || ::lstat(path.c_str(), &now) != 0) return;
    if (now.st_dev == device_ && now.st_ino == inode_) ::unlink(path.c_str());
}

}  // namespace rollcall::agent
