// SPDX-License-Identifier: Apache-2.0
#include "files/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rollcall {
namespace {

using Kind = FileError::Kind;

FileError of_errno(int error) {
    return {error == ENOENT ? Kind::missing : Kind::unreadable, std::strerror(error)};
}

std::string size_text(std::size_t bytes) {
    constexpr std::size_t kKibi = 1024;
    return bytes % (kKibi * kKibi) == 0 ? std::to_string(bytes / kKibi / kKibi) + " MiB"
                                        : std::to_string(bytes / kKibi) + " KiB";
}

Result<std::string, FileError> read_all(int file, std::size_t most, Pipes pipes) {
    struct stat found {};
    if (::fstat(file, &found) != 0) return of_errno(errno);
    if (S_ISDIR(found.st_mode)) return FileError{Kind::not_a_regular_file, "it is a directory"};
    if (pipes == Pipes::refuse && !S_ISREG(found.st_mode)) {
        return FileError{Kind::not_a_regular_file, "it is not a regular file"};
    }
    std::string text;
    std::string part(std::size_t{16} << 10, '\0');
    while (text.size() <= most) {
        const ssize_t got = ::read(file, part.data(), part.size());
        if (got == 0) return text;
        if (got > 0) {
            text.append(part, 0, static_cast<std::size_t>(got));
        } else if (errno != EINTR) {
            return of_errno(errno);
        }
    }
    return FileError{Kind::too_large, "it is larger than " + size_text(most)};
}

}  // namespace

Result<std::string, FileError> read_small_file(const std::string& path, std::size_t most,
                                               Pipes pipes) {
    // Opening a pipe without O_NONBLOCK waits for a writer.
    const int wait = pipes == Pipes::refuse ? O_NONBLOCK : 0;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | wait);
    if (file < 0) return of_errno(errno);
    auto text = read_all(file, most, pipes);
    ::close(file);
    return text;
}

}  // namespace rollcall
