// SPDX-License-Identifier: Apache-2.0
#include "agent/log/log_outputs.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/log/line_output.h"
#include "base/check.h"

namespace rollcall::agent {
namespace {

constexpr Duration kLastWords = std::chrono::milliseconds{500};
constexpr unsigned kSecondsForLastMessage = 1;

// Of the running agent; null before and after.
std::atomic<LogOutputs*> last_outputs = nullptr;

// What follows writes to standard error, and would wait for ever for a full pipe.
void abort_soon() {
    std::signal(SIGALRM, [](int) { std::abort(); });
    ::alarm(kSecondsForLastMessage);
}

void wait_for_room(int descriptor) {
    pollfd entry{.fd = descriptor, .events = POLLOUT, .revents = 0};
    static_cast<void>(::poll(&entry, 1, -1));
}

}  // namespace

struct LogOutputs::Stderr {
    int descriptor;
    LineOutput output;
    std::atomic<std::uint64_t> lost = 0;

    void write(const std::string& line) {
        static_cast<void>(output.write(descriptor, line));
        lost = output.lines_lost();
    }
    // Other processes share the descriptor, and one of them may have made it non-blocking.
    void write_and_wait(const std::string& line) {
        int error = output.write(descriptor, line);
        while (error == EAGAIN) {
            wait_for_room(descriptor);
            error = output.flush(descriptor);
        }
        lost = output.lines_lost();
    }
};

struct LogOutputs::File {
    std::unique_ptr<LogFile> file;  // of the thread, once there is one
    std::function<void()> wake;     // likewise
    std::atomic<std::uint64_t> lost = 0;
    std::mutex mutex;
    std::deque<LogFile::Trouble> troubles;                // under the mutex
    std::deque<std::optional<std::string>> reopen_ended;  // likewise

    void write(const std::string& line) {
        file->write(line);
        bool any = false;
        while (auto trouble = file->take_trouble()) {
            const std::lock_guard lock{mutex};
            troubles.push_back(std::move(*trouble));
            any = true;
        }
        lost = file->lines_lost();
        if (any && wake) wake();
    }
    void reopen() {
        auto error = file->reopen();
        {
            const std::lock_guard lock{mutex};
            reopen_ended.push_back(std::move(error));
        }
        if (wake) wake();
    }
    template <class T>
    std::optional<T> take(std::deque<T>& from) {
        const std::lock_guard lock{mutex};
        if (from.empty()) return {};
        std::optional<T> first{std::move(from.front())};
        from.pop_front();
        return first;
    }
};

LogOutputs::LogOutputs(const Log::Options& options)
    : options_{options}, stderr_{std::make_shared<Stderr>()} {
    stderr_->descriptor = options.stderr_descriptor;
    stderr_->output = LineOutput{options.disk};
    if (options.syslog_facility) {
        syslog_ = std::make_unique<SyslogSocket>(*options.syslog_facility, options.syslog_path);
    }
}

LogOutputs::~LogOutputs() {
    LogOutputs* self = this;
    last_outputs.compare_exchange_strong(self, nullptr);
}

Result<std::unique_ptr<LogOutputs>, std::string> LogOutputs::open(const Log::Options& options) {
    std::unique_ptr<LogOutputs> outputs{new LogOutputs{options}};
    if (options.file.empty()) return outputs;
    auto file = LogFile::open({.path = options.file,
                               .rotate_bytes = options.rotate_bytes,
                               .rotate_files = options.rotate_files,
                               .disk = options.disk,
                               .now = options.now});
    if (!file) return file.error();
    outputs->file_ = std::make_shared<File>();
    outputs->file_->file = std::move(*file);
    return outputs;
}

void LogOutputs::begin_off_loop(const std::function<void()>& wake) {
    stderr_writer_ = LineWriter::start(
        {.write = [to = stderr_](const std::string& line) { to->write_and_wait(line); },
         .room_again = wake});
    if (file_) {
        file_->wake = wake;
        file_writer_ =
            LineWriter::start({.write = [to = file_](const std::string& line) { to->write(line); },
                               .room_again = wake});
    }
    last_outputs = this;
}

void LogOutputs::to_stderr(const std::string& line) {
    if (stderr_writer_) return stderr_writer_->push(line);
    stderr_->write(line);
}

void LogOutputs::write(Level level, const std::string& line, bool also_to_stderr) {
    if (file_writer_) {
        file_writer_->push(line);
    } else if (file_) {
        file_->write(line);
    }
    if (!file_ || also_to_stderr) to_stderr(line);
    if (!syslog_) return;
    const int error = syslog_->write(level, line);
    if (error != 0) syslog_error_ = error;
}

void LogOutputs::print_plain(std::string_view line) {
    to_stderr(std::string{line});
}

void LogOutputs::reopen(Log::Reopened reopened) {
    if (!file_) return reopened({});
    if (file_writer_ && !file_writer_->run([to = file_] { to->reopen(); })) {
        return reopened("log file '" + options_.file +
                        "': earlier attempts to open it have not ended, its disk does not respond");
    }
    reopening_.push_back(std::move(reopened));
    if (file_writer_) return;
    file_->reopen();
    report_reopened();
}

void LogOutputs::report_reopened() {
    if (!file_) return;
    while (const auto error = file_->take(file_->reopen_ended)) {
        const Log::Reopened reopened = std::move(reopening_.front());
        reopening_.pop_front();
        reopened(*error);
    }
}

void LogOutputs::flush(Duration limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (LineWriter* writer : {file_writer_.get(), stderr_writer_.get()}) {
        const Duration left = std::max<Duration>(end - std::chrono::steady_clock::now(), {});
        if (writer != nullptr) static_cast<void>(writer->flush(left));
    }
}

std::optional<LogFile::Trouble> LogOutputs::take_trouble() {
    return file_ ? file_->take(file_->troubles) : std::nullopt;
}

std::optional<LogOutputs::Gap> LogOutputs::take_gap() {
    if (file_writer_) {
        const std::uint64_t lines = file_writer_->end_gap();
        if (lines > 0) return Gap{"log file '" + options_.file + "'", lines};
    }
    if (stderr_writer_) {
        const std::uint64_t lines = stderr_writer_->end_gap();
        if (lines > 0) return Gap{"standard error", lines};
    }
    return {};
}

std::uint64_t LogOutputs::lines_lost() const {
    return (file_ ? file_->lost : stderr_->lost) + lines_dropped().all();
}

LineQueue::Dropped LogOutputs::lines_dropped() const {
    LineQueue::Dropped all;
    for (const LineWriter* writer : {file_writer_.get(), stderr_writer_.get()}) {
        if (writer == nullptr) continue;
        const LineQueue::Dropped some = writer->dropped();
        all.by_lines += some.by_lines;
        all.by_bytes += some.by_bytes;
    }
    return all;
}

void keep_last_lines() {
    before_abort([] {
        if (LogOutputs* const outputs = last_outputs.load()) outputs->flush(kLastWords);
        abort_soon();
    });
    // An exception that was not caught may hold any lock: the threads write what they have.
    static std::terminate_handler before = nullptr;
    before = std::set_terminate([] {
        std::this_thread::sleep_for(kLastWords);
        abort_soon();
        if (before != nullptr) before();
        std::abort();
    });
}

}  // namespace rollcall::agent
