// SPDX-License-Identifier: Apache-2.0
//
// Writes the agent's files (tags, keys) as a whole on the thread pool, one at a time. Of a queued
// file only the newest content is written, and its callers are bounded. A failed write is logged,
// reported to the callers that wait for it, and retried until it works. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/files/atomic_write.h"
#include "agent/files/off_loop.h"
#include "agent/log/logging.h"
#include "base/time.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class FileWriter {
public:
    // "": written and synced. Otherwise the error of write_atomically(). Called from the loop.
    using Done = std::function<void(const std::string& error)>;
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Duration retry = std::chrono::seconds{30};  // until a failed write is tried again
        DiskCalls disk = DiskCalls::real();
    };
    struct Stats {
        std::uint64_t written = 0, failed = 0;
        std::uint64_t refused = 0;  // callers, as too many waited
    };
    // Of one content. The disk hangs then: further ones get an error at once.
    static constexpr std::size_t kMostCallers = 256;
    explicit FileWriter(Parts parts) : parts_{parts}, disk_{parts.loop} {}

    void begin();
    // Replaces a queued content of the same file; its `done` then gets the result of the newest.
    void write(const std::string& path, std::string content, Done done = {});
    // Writes queued and failed files, for at most `limit`, since a disk may hang.
    void close(Duration limit, std::function<void()> closed);
    [[nodiscard]] const Stats& stats() const { return stats_; }
    // How long the write that has not ended takes so far.
    [[nodiscard]] Duration writing_for() const { return disk_.busy_for(); }

private:
    struct File {
        std::string content;
        std::vector<Done> waiting;  // for this content
        std::vector<Done> asked;    // for the content being written
        bool waits = false;         // has a content to be written
        bool failed = false;        // the last attempt failed
        bool failing = false;       // the timer starts the next attempt
    };
    void next();
    void finished(const std::string& path, const std::optional<std::string>& error);
    void arm(Duration delay);
    void due();
    void end();

    Parts parts_;
    std::map<std::string, File> files_;  // by path; few, never erased
    transport::Timer<FileWriter> timer_;
    OffLoop<std::optional<std::string>> disk_;  // the error
    Stats stats_;
    bool closing_ = false;
    std::function<void()> closed_;
};

}  // namespace rollcall::agent
