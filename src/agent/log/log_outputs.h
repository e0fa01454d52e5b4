// SPDX-License-Identifier: Apache-2.0
//
// Where lines of the log go: standard error or a file, and syslog. At first at once, while the
// agent starts; then by threads, one for each output that may block (agent/log/line_writer.h),
// since an agent that waits for a pipe or a disk answers no probes. Syslog needs none: its socket
// never blocks. Reports errors to its owner and logs nothing. The loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/log/line_queue.h"
#include "agent/log/line_writer.h"
#include "agent/log/log_file.h"
#include "agent/log/logging.h"
#include "agent/log/syslog_socket.h"
#include "base/result.h"
#include "base/time.h"

namespace rollcall::agent {

class LogOutputs {
public:
    // Lines that were dropped in a row, as an output was too slow.
    struct Gap {
        std::string output;  // "standard error", or the file
        std::uint64_t lines = 0;
    };

    // The error names the file and the cause. `options` are borrowed.
    [[nodiscard]] static Result<std::unique_ptr<LogOutputs>, std::string> open(
        const Log::Options& options);
    ~LogOutputs();
    LogOutputs(const LogOutputs&) = delete;
    LogOutputs& operator=(const LogOutputs&) = delete;

    void write(Level level, const std::string& line, bool also_to_stderr);
    void print_plain(std::string_view line);
    void reopen(Log::Reopened reopened);
    void begin_off_loop(const std::function<void()>& wake);
    void flush(Duration limit);

    // What the owner reports. The next error of the file, the next gap that has ended.
    [[nodiscard]] std::optional<LogFile::Trouble> take_trouble();
    [[nodiscard]] std::optional<Gap> take_gap();
    [[nodiscard]] int take_syslog_error() { return std::exchange(syslog_error_, 0); }
    // Calls back for each reopening that is done.
    void report_reopened();

    [[nodiscard]] std::uint64_t lines_lost() const;
    [[nodiscard]] std::uint64_t syslog_lines_lost() const {
        return syslog_ ? syslog_->lines_lost() : 0;
    }
    [[nodiscard]] LineQueue::Dropped lines_dropped() const;

private:
    struct File;    // the file's thread shares it
    struct Stderr;  // the thread of standard error shares it
    explicit LogOutputs(const Log::Options& options);
    void to_stderr(const std::string& line);

    const Log::Options& options_;
    std::shared_ptr<Stderr> stderr_;
    std::shared_ptr<File> file_;  // null: standard error
    // Null until begin_off_loop(), or where the system gives no thread.
    std::unique_ptr<LineWriter> stderr_writer_, file_writer_;
    std::unique_ptr<SyslogSocket> syslog_;  // null: no syslog
    int syslog_error_ = 0;                  // of the last line
    std::deque<Log::Reopened> reopening_;
};

// An internal error waits for the lines before it, for a moment, and then ends the process, whether
// standard error takes its message or not. Once per process.
void keep_last_lines();

}  // namespace rollcall::agent
