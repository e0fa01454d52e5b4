// SPDX-License-Identifier: Apache-2.0
#include "agent/files/atomic_write.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include "agent/host/owned_fd.h"

namespace rollcall::agent {
namespace {

constexpr mode_t kOwnerOnly = 0600;

std::string disk_error(const char* call, const std::string& path, int error) {
    return std::string{call} + " " + path + ": " + std::generic_category().message(error);
}

// The target, if `path` is a symbolic link.
std::string target_of(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real{realpath(path.c_str(), nullptr),
                                                           std::free};
    return real ? real.get() : path;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::string> fill(const std::string& path, std::string_view content,
                                const DiskCalls& disk) {
    ::unlink(path.c_str());  // left by a crash
    OwnedFd file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly)};
    if (file.get() < 0) return disk_error("open", path, errno);
    for (std::string_view left = content; !left.empty();) {
        const ssize_t done = disk.write(file.get(), left.data(), left.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return disk_error("write", path, errno);
        if (done == 0) return disk_error("write", path, ENOSPC);
        left.remove_prefix(static_cast<std::size_t>(done));
    }
    if (disk.sync(file.get()) != 0) return disk_error("sync", path, errno);
    if (file.close() != 0) return disk_error("close", path, errno);
    return {};
}

}  // namespace

std::string temporary_name(const std::string& path) {
    return path + ".new";
}

std::optional<std::string> write_atomically(const std::string& path, std::string_view content,
                                            const DiskCalls& disk) {
    const std::string target = target_of(path);
    const std::string fresh = temporary_name(target);
    if (auto error = fill(fresh, content, disk)) {
        ::unlink(fresh.c_str());
        return error;
    }
    if (std::rename(fresh.c_str(), target.c_str()) != 0) {
        const int error = errno;
        ::unlink(fresh.c_str());
        return disk_error("rename to", target, error);
    }
    // Errors are ignored: the rename is done, only a crash right now could undo it, and some file
    // systems cannot sync a folder.
    const OwnedFd folder{::open(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.get() >= 0) ::fsync(folder.get());
    return {};
}

}  // namespace rollcall::agent
