// SPDX-License-Identifier: Apache-2.0
//
// The log file: append, reopen after it was moved away, and rotate by size. A failed rename or open
// loses no lines: the old file stays in use, with a retry a minute later. On a full disk (or at a
// limit of the file size) LineOutput keeps lines. Errors are not logged here but returned to the
// owner, each kind at most once a minute. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/host/owned_fd.h"
#include "agent/log/level.h"
#include "agent/log/line_output.h"
#include "base/result.h"
#include "base/time.h"

namespace rollcall::agent {

class LogFile {
public:
    static constexpr Duration kBetweenComplaints = std::chrono::minutes{1};

    struct Options {
        std::string path;
        std::size_t rotate_bytes = 0;  // 0: never
        unsigned rotate_files = 5;     // rotated files that are kept: x.1.log, x.2.log, ...
        DiskCalls disk = DiskCalls::real();
        std::function<Time()> now;  // a steady clock
    };
    struct Trouble {
        Level level = Level::warn;
        std::string_view event;
        std::string text;
        int error = 0;  // errno; 0: resolved
        bool also_to_stderr = false;
    };

    // Creates missing folders. The error is a sentence that names the file. The descriptor is not
    // inherited by scripts.
    [[nodiscard]] static Result<std::unique_ptr<LogFile>, std::string> open(Options options);

    void write(std::string_view line);
    // On an error the old file stays in use, with a retry a minute later.
    [[nodiscard]] std::optional<std::string> reopen();
    // The next error to log, if any.
    [[nodiscard]] std::optional<Trouble> take_trouble();
    [[nodiscard]] std::uint64_t lines_lost() const { return lines_.lines_lost(); }

private:
    explicit LogFile(Options options);
    [[nodiscard]] int open_file();  // 0, or an errno
    void rotate_if_grown(std::size_t next_bytes);
    // Nullopt, or the failure.
    [[nodiscard]] std::optional<Trouble> rotate();
    [[nodiscard]] std::string numbered(unsigned number) const;
    void written(int error);

    Options options_;
    OwnedFd file_{-1};
    LineOutput lines_;
    std::size_t size_ = 0;
    std::optional<Time> reopen_not_before_, rotate_not_before_;
    std::optional<Time> complain_not_before_;
    bool failing_ = false;  // the last write failed, and this was reported
    std::uint64_t lost_before_ = 0;
    std::deque<Trouble> troubles_;
};

}  // namespace rollcall::agent
