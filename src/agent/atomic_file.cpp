// SPDX-License-Identifier: Apache-2.0
#include "agent/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace rollcall::agent {
namespace {

std::string because(std::string_view what, const std::string& path) {
    return std::string{what} + " " + path + ": " + std::strerror(errno);
}

class OpenFile {
public:
    explicit OpenFile(int descriptor) : descriptor_{descriptor} {}
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }
    // Some file systems tell only now that there was no room.
    [[nodiscard]] bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

private:
    int descriptor_;
};

bool write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// The rename itself survives a crash only then. A file system that cannot do it is not our fault.
void sync_directory_of(const std::string& path) {
    std::string parent = std::filesystem::path{path}.parent_path().string();
    if (parent.empty()) parent = ".";
    const OpenFile directory{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory.get() >= 0) static_cast<void>(::fsync(directory.get()));
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view content, mode_t mode) {
    // A link stays a link: what it names is replaced.
    std::error_code ignored;
    const auto real = std::filesystem::weakly_canonical(path, ignored);
    const std::string target = ignored ? path : real.string();
    std::string temporary = target + ".XXXXXX";
    OpenFile file{::mkostemp(temporary.data(), O_CLOEXEC)};  // readable by its owner alone
    if (file.get() < 0) return because("cannot create", temporary);
    const auto failed = [&](std::string_view what) {
        std::string why = because(what, temporary);
        ::unlink(temporary.c_str());
        return why;
    };
    if (!write_all(file.get(), content)) return failed("cannot write");
    if (::fchmod(file.get(), mode) != 0) return failed("cannot set the mode of");
    if (::fsync(file.get()) != 0) return failed("cannot sync");
    if (!file.close()) return failed("cannot close");
    if (::rename(temporary.c_str(), target.c_str()) != 0) return failed("cannot rename");
    sync_directory_of(target);
    return {};
}

}  // namespace rollcall::agent
