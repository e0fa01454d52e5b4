// SPDX-License-Identifier: Apache-2.0
//
// The file of a serf::Snapshot: read at start, then appended to and sometimes rewritten, off the
// loop, one write at a time. While a disk hangs, a megabyte of lines waits at most; beyond that
// they are dropped, and the file is rewritten as a whole. After a failed write it is not appended
// to until it can be rewritten as a whole: a snapshot with missing lines is worse than an old one.
// The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "agent/files/atomic_write.h"
#include "agent/files/off_loop.h"
#include "agent/host/owned_fd.h"
#include "agent/log/logging.h"
#include "base/result.h"
#include "base/time.h"
#include "serf/events.h"
#include "serf/snapshot.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class SnapshotFile {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        std::string path;
        // The Lamport times seen so far; called every `interval`.
        std::function<serf::LastSeen()> last_seen;
        Duration interval = std::chrono::milliseconds{500};  // between writes
        Duration retry = std::chrono::seconds{30};           // after a failed write
        DiskCalls disk = DiskCalls::real();
    };
    // `snapshot` has replayed the text of read().
    SnapshotFile(Parts parts, serf::Snapshot snapshot);
    ~SnapshotFile();

    struct Unreadable {
        std::string why;  // "read PATH: Is a directory"
    };
    // Opens for reading without blocking; a negative descriptor if there is no file yet. Refuses
    // anything but regular files, and files above 256 MiB.
    [[nodiscard]] static Result<OwnedFd, Unreadable> open(const std::string& path);
    // The text of the file, "" if there is none yet. Blocks on the disk: call before the loop runs.
    [[nodiscard]] static Result<std::string, Unreadable> read(const std::string& path);

    void begin();
    void record(const serf::MemberEvent& event);
    void left();
    // Finishes pending writes, for at most `limit`.
    void close(Duration limit, std::function<void()> closed);

    [[nodiscard]] bool failing() const { return retry_at_.has_value(); }
    // How long the write that has not ended takes so far.
    [[nodiscard]] Duration writing_for() const { return disk_.busy_for(); }
    // Times that too many lines waited.
    [[nodiscard]] std::uint64_t lines_given_up() const { return given_up_; }

    static constexpr std::size_t kMostWaiting = std::size_t{1} << 20;  // bytes

private:
    struct Written {
        std::size_t size = 0;  // of the file now
        std::optional<std::string> error;
    };
    void bound_lines();
    void arm(Duration wait);
    void due();
    void flush();
    void written(const Written& result, bool whole);
    void end();

    Parts parts_;
    serf::Snapshot snapshot_;
    transport::Timer<SnapshotFile> timer_;
    OffLoop<Written> disk_;
    bool whole_next_ = true;      // the file must be rewritten before the first append
    bool lines_missing_ = false;  // likewise: some were given up
    std::uint64_t given_up_ = 0;
    std::size_t size_ = 0;  // of the file
    std::optional<Time> retry_at_;
    bool closing_ = false;
    std::function<void()> closed_;
};

}  // namespace rollcall::agent
