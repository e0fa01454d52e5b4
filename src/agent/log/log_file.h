// SPDX-License-Identifier: Apache-2.0
//
// The log file: appended to, opened again after it was moved away, and changed for a new one when
// it has grown. Nothing of the log is lost because of a name: a file that cannot be renamed or
// opened leaves the old one in use, and it is tried again a minute later. On a full disk (or at a
// limit of the file's size) lines are kept as LineOutput keeps them. What went wrong is not
// written from here but left for the owner to say, each kind at most once a minute. One thread.
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
        unsigned rotate_files = 5;     // old ones that are kept: x.1.log, x.2.log, ...
        DiskCalls disk = DiskCalls::real();
        std::function<Time()> now;  // a clock that does not go back
    };
    struct Trouble {
        Level level = Level::warn;
        std::string_view event;
        std::string text;
        int error = 0;  // of errno's; 0: it is over
        bool also_to_stderr = false;
    };

    // Makes missing folders. The error is a sentence that names the file. Scripts that the agent
    // runs do not inherit it.
    [[nodiscard]] static Result<std::unique_ptr<LogFile>, std::string> open(Options options);

    void write(std::string_view line);
    // On an error the old file stays in use, and a minute later this is tried again.
    [[nodiscard]] std::optional<std::string> reopen();
    // What there is to say, one at a time.
    [[nodiscard]] std::optional<Trouble> take_trouble();
    [[nodiscard]] std::uint64_t lines_lost() const { return lines_.lines_lost(); }

private:
    explicit LogFile(Options options);
    [[nodiscard]] int open_anew();  // 0, or an error of errno's
    void rotate_if_grown(std::size_t next_bytes);
    // Nullopt, or what failed.
    [[nodiscard]] std::optional<Trouble> rotate();
    [[nodiscard]] std::string numbered(unsigned number) const;
    void written(int error);

    Options options_;
    OwnedFd file_{-1};
    LineOutput lines_;
    std::size_t size_ = 0;
    std::optional<Time> reopen_not_before_, rotate_not_before_;
    std::optional<Time> complain_not_before_;
    bool failing_ = false;  // bytes are kept back, and that was said
    std::uint64_t lost_before_ = 0;
    std::deque<Trouble> troubles_;
};

}  // namespace rollcall::agent
