// SPDX-License-Identifier: Apache-2.0
#include "agent/files/snapshot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kSnapshotComponent = "snapshot";
constexpr std::size_t kMaxSnapshotFile = std::size_t{256} << 20;

std::string snapshot_error(const char* call, const std::string& path, int error) {
    return std::string{call} + ' ' + path + ": " + std::strerror(error);
}

// Appends all lines or returns an error. A missing file is an error too: it was moved away.
std::optional<std::string> append_all(const std::string& path, std::string_view lines, bool sync,
                                      const DiskCalls& disk) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return snapshot_error("open", path, errno);
    std::optional<std::string> error;
    while (!error && !lines.empty()) {
        const ssize_t done = disk.write(fd, lines.data(), lines.size());
        if (done > 0) {
            lines.remove_prefix(static_cast<std::size_t>(done));
        } else if (done == 0 || errno != EINTR) {
            error = snapshot_error("write", path, done == 0 ? ENOSPC : errno);
        }
    }
    if (!error && sync && disk.sync(fd) != 0) error = snapshot_error("sync", path, errno);
    if (::close(fd) != 0 && !error) error = snapshot_error("close", path, errno);
    return error;
}

}  // namespace

SnapshotFile::SnapshotFile(Parts parts, serf::Snapshot snapshot)
    : parts_{std::move(parts)}, snapshot_{std::move(snapshot)}, disk_{parts_.loop} {}

SnapshotFile::~SnapshotFile() = default;

Result<OwnedFd, SnapshotFile::Unreadable> SnapshotFile::open(const std::string& path) {
    // O_NONBLOCK: opening a pipe would wait for a writer.
    OwnedFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    using Opened = Result<OwnedFd, Unreadable>;
    if (file.get() < 0 && errno == ENOENT) return Opened{std::move(file)};
    struct stat found {};
    if (file.get() < 0 || ::fstat(file.get(), &found) != 0) {
        return Unreadable{snapshot_error("open", path, errno)};
    }
    if (S_ISDIR(found.st_mode)) return Unreadable{snapshot_error("read", path, EISDIR)};
    if (!S_ISREG(found.st_mode)) return Unreadable{"read " + path + ": not a regular file"};
    if (static_cast<std::size_t>(found.st_size) > kMaxSnapshotFile) {
        return Unreadable{"read " + path + ": above 256 MiB"};
    }
    return Opened{std::move(file)};
}

Result<std::string, SnapshotFile::Unreadable> SnapshotFile::read(const std::string& path) {
    const auto file = open(path);
    if (!file) return file.error();
    std::string text;
    if (file->get() < 0) return text;
    std::string part(std::size_t{64} << 10, '\0');
    ssize_t got = 1;
    while (got != 0 && text.size() <= kMaxSnapshotFile) {
        got = ::read(file->get(), part.data(), part.size());
        if (got > 0) text.append(part, 0, static_cast<std::size_t>(got));
        if (got < 0 && errno != EINTR) break;
    }
    if (got < 0) return Unreadable{snapshot_error("read", path, errno)};
    if (text.size() > kMaxSnapshotFile) return Unreadable{"read " + path + ": above 256 MiB"};
    return text;
}

void SnapshotFile::begin() {
    timer_.init(*this, parts_.loop);
    due();
}

// The table of members has bounds of its own, and the whole text is made from it.
void SnapshotFile::bound_lines() {
    if (snapshot_.bytes_of_lines() <= kMostWaiting) return;
    static_cast<void>(snapshot_.take_lines());
    lines_missing_ = true;
    ++given_up_;
}

void SnapshotFile::record(const serf::MemberEvent& event) {
    bound_lines();
    const serf::MemberRecord& member = event.member;
    switch (event.kind) {
        case serf::MemberEventKind::join:
        case serf::MemberEventKind::update:
            if (member.status != serf::Status::alive) return;
            if (const auto endpoint = Endpoint::from_wire(member.address, member.port)) {
                snapshot_.alive(member.name, *endpoint);
            }
            return;
        case serf::MemberEventKind::failed:
            return snapshot_.failed(member.name);
        case serf::MemberEventKind::leave:
        case serf::MemberEventKind::reap:
            return snapshot_.gone(member.name);
    }
}

void SnapshotFile::left() {
    snapshot_.seen(parts_.last_seen());
    snapshot_.left();
    flush();
}

void SnapshotFile::arm(Duration wait) {
    timer_.start<&SnapshotFile::due>(wait);
}

void SnapshotFile::due() {
    if (closing_) return end();  // the disk does not respond
    snapshot_.seen(parts_.last_seen());
    flush();
    arm(parts_.interval);
}

void SnapshotFile::flush() {
    if (disk_.busy()) return;
    if (retry_at_ && !closing_ && transport::clock_now() < *retry_at_) {
        static_cast<void>(snapshot_.take_lines());  // the rewrite will contain them
        return;
    }
    if (whole_next_ || lines_missing_ || retry_at_ || size_ > snapshot_.compact_above()) {
        lines_missing_ = false;
        std::string text = snapshot_.take_whole();
        disk_.run(
            [path = parts_.path, text = std::move(text), disk = parts_.disk] {
                return Written{.size = text.size(), .error = write_atomically(path, text, disk)};
            },
            [this](const Written& result) { written(result, true); });
        return;
    }
    if (!snapshot_.has_lines()) {
        if (closing_) end();
        return;
    }
    disk_.run(
        [path = parts_.path, lines = snapshot_.take_lines(), size = size_, sync = closing_,
         disk = parts_.disk] {
            return Written{.size = size + lines.size(),
                           .error = append_all(path, lines, sync, disk)};
        },
        [this](const Written& result) { written(result, false); });
}

void SnapshotFile::written(const Written& result, bool whole) {
    if (result.error) {
        // Logged at every failed attempt.
        parts_.log.write(Level::err, kSnapshotComponent, "snapshot-not-written",
                         *result.error + "; will retry",
                         {{"path", parts_.path}, {"error", *result.error}});
        retry_at_ = transport::clock_now() + parts_.retry;
        if (closing_) return end();
        return;
    }
    size_ = result.size;
    if (whole) {
        whole_next_ = false;
        if (retry_at_) {
            parts_.log.write(Level::info, kSnapshotComponent, "snapshot-written",
                             parts_.path + " written after a failure", {{"path", parts_.path}});
        }
        retry_at_.reset();
    }
    if (closing_) flush();
}

void SnapshotFile::close(Duration limit, std::function<void()> closed) {
    closing_ = true;
    closed_ = std::move(closed);
    if (!timer_) return end();  // begin() was never called
    snapshot_.seen(parts_.last_seen());
    arm(limit);
    flush();
}

void SnapshotFile::end() {
    if (!closed_) return;  // ended already
    timer_.close(std::exchange(closed_, {}));
}

}  // namespace rollcall::agent
