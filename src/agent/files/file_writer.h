// SPDX-License-Identifier: Apache-2.0
//
// Files that the agent keeps (tags, keys), written whole and off the loop: one at a time, on the
// thread pool. Of a file that waits only the newest content is written. What could not be written
// is logged, told to whoever waits, kept, and tried again until the disk has recovered. The loop's
// thread.
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
    // "": it is on the disk. Otherwise why not, as in write_atomically(). Called from the loop.
    using Done = std::function<void(const std::string& error)>;
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Duration retry = std::chrono::seconds{30};  // until a failed write is tried again
        DiskCalls disk = DiskCalls::real();
    };
    struct Stats {
        std::uint64_t written = 0, failed = 0;
    };
    explicit FileWriter(Parts parts) : parts_{parts}, disk_{parts.loop} {}

    void begin();
    // Who asked for an older content that was not begun yet hears what became of the newest.
    void write(const std::string& path, std::string content, Done done = {});
    // Writes what waits, failed ones once more, but for no longer than `limit`: a disk that does
    // not answer cannot be waited for.
    void close(Duration limit, std::function<void()> closed);
    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    struct File {
        std::string content;
        std::vector<Done> waiting;  // for this content
        std::vector<Done> asked;    // for the one that is being written
        bool waits = false;         // has a content to be written
        bool failed = false;        // the last attempt did
        bool failing = false;       // and the timer brings the next
    };
    void next();
    void finished(const std::string& path, const std::optional<std::string>& error);
    void arm(Duration delay);
    void due();
    void end();

    Parts parts_;
    std::map<std::string, File> files_;  // by path; few, and they stay
    transport::Timer<FileWriter> timer_;
    OffLoop<std::optional<std::string>> disk_;  // what went wrong
    Stats stats_;
    bool closing_ = false;
    std::function<void()> closed_;
};

}  // namespace rollcall::agent
