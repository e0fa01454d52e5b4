// SPDX-License-Identifier: Apache-2.0
//
// The file behind a serf::Snapshot: read at start, then appended to and now and then written anew,
// off the loop, one write at a time. A file that cannot be written is given up until the whole can
// be written again: a snapshot with a hole in it is worse than an old one. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
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
        // What the cluster has seen by now; asked for every `interval`.
        std::function<serf::LastSeen()> last_seen;
        Duration interval = std::chrono::milliseconds{500};  // between writes
        Duration retry = std::chrono::seconds{30};           // after one that failed
        DiskCalls disk = DiskCalls::real();
    };
    // The snapshot has replayed what read() gave.
    SnapshotFile(Parts parts, serf::Snapshot snapshot);
    ~SnapshotFile();

    struct Unreadable {
        std::string why;  // "read PATH: Is a directory"
    };
    // For reading, without waiting; none open when there is no file yet. Refused: what is no file,
    // or one above 256 MiB.
    [[nodiscard]] static Result<OwnedFd, Unreadable> open(const std::string& path);
    // The file's text, "" when there is none yet. Waits for the
    // disk: before the loop runs.
    [[nodiscard]] static Result<std::string, Unreadable> read(const std::string& path);

    void begin();
    void tell(const serf::MemberEvent& event);
    void left();
    // Writes what is left, but for no longer than `limit`.
    void close(Duration limit, std::function<void()> closed);

    [[nodiscard]] bool failing() const { return retry_at_.has_value(); }

private:
    struct Written {
        std::size_t size = 0;  // of the file now
        std::optional<std::string> error;
    };
    void arm(Duration wait);
    void due();
    void flush();
    void written(const Written& result, bool whole);
    void end();

    Parts parts_;
    serf::Snapshot snapshot_;
    transport::Timer<SnapshotFile> timer_;
    OffLoop<Written> disk_;
    bool whole_next_ = true;  // what is on the disk is not to be appended to
    std::size_t size_ = 0;    // of the file
    std::optional<Time> retry_at_;
    bool closing_ = false;
    std::function<void()> closed_;
};

}  // namespace rollcall::agent
