// SPDX-License-Identifier: Apache-2.0
//
// The log. Writes lines of the log level to stderr or a file, and to syslog, as text or as one JSON
// object per line (agent/log/log_outputs.h); and lines of any level to a ring of recent lines and
// to the clients that monitor the agent. Does not decide what is logged (agent/log/event_log.h
// does). Sanitizes text from the network: no control characters, and lines of limited length. One
// thread.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "agent/host/disk_calls.h"
#include "agent/log/level.h"
#include "agent/log/line_queue.h"
#include "base/result.h"
#include "base/time.h"

namespace rollcall::agent {

class LogOutputs;

// A named value of a line: a field of its own in JSON, not shown in text. Its key is none of those
// that every line has (seq, time, level, event, component, message).
struct LogField {
    LogField(std::string_view key_, std::string_view value_) : key{key_}, text{value_} {}
    LogField(std::string_view key_, const char* value_) : key{key_}, text{value_} {}
    LogField(std::string_view key_, bool value_) : key{key_}, truth{value_} {}
    template <std::integral Number>
    LogField(std::string_view key_, Number value_)
        : key{key_}, number{static_cast<std::int64_t>(value_)} {}

    std::string_view key;
    std::string_view text;
    std::optional<std::int64_t> number;
    std::optional<bool> truth;
};

struct LogLine {
    Level level = Level::info;
    std::string text;  // "2026/11/21 06:01:00 [INFO] serf: member-join: n2 at 10.0.0.2:7946"
};

// A line with its parts, while it is written: all borrowed.
struct LogEntry {
    Level level = Level::info;
    std::chrono::system_clock::time_point time{};
    std::string_view component;
    std::string_view event;
    std::string_view text;  // sanitized
    std::span<const LogField> fields;
};
// RFC 3339 in UTC with microseconds, which log collectors read without configuration.
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time);
// The line as one JSON object: time, level, event, component, message, then the fields
// (docs/operations/logs.md). With `seq` as its first member if there is one.
[[nodiscard]] std::string json_of(const LogEntry& entry, std::optional<std::uint64_t> seq = {});

// Rate limit: passes one line per interval and counts the others.
class LineGate {
public:
    explicit LineGate(Duration interval) : interval_{interval} {}
    // nullopt: suppress the line. Else the number suppressed since the last one.
    std::optional<std::uint64_t> pass(Time now) {
        if (next_ && now < *next_) {
            ++held_;
            return {};
        }
        next_ = now + interval_;
        return std::exchange(held_, 0);
    }

private:
    Duration interval_;
    std::optional<Time> next_;
    std::uint64_t held_ = 0;
};

// Where a line goes: to the outputs, the ring, the journal and the monitors, or to all but the
// outputs, whose lines are of no bounded number.
enum class LineTo : std::uint8_t { all, memory };

class Log {
public:
    static constexpr std::size_t kRecentLines = 512;  // sent to a monitor at its start
    static constexpr std::size_t kMaxLine = 2048;     // bytes; the rest is cut

    struct Options {
        Level level = Level::info;
        LogFormat format = LogFormat::text;
        std::string file;                         // "": stderr
        std::size_t rotate_bytes = 0;             // of the file; 0: never
        unsigned rotate_files = 5;                // rotated files that are kept
        std::optional<int> syslog_facility = {};  // nullopt: no syslog
        std::string syslog_path = "/dev/log";
        int stderr_descriptor = STDERR_FILENO;
        DiskCalls disk = DiskCalls::real();
        std::function<Time()> now = {};  // for rate limits; empty: the real clock
    };
    // The error names the file and the cause.
    [[nodiscard]] static Result<std::unique_ptr<Log>, std::string> open(Options options);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // False if no output takes the level, so the line need not be built. Debug lines and above
    // always go into the ring; trace lines only while they are logged or monitored, since one comes
    // every second.
    [[nodiscard]] bool wants(Level level) const;
    // `event` is the line's identity, stable over releases: "member-failed".
    void write(Level level, std::string_view component, std::string_view event,
               std::string_view text, std::span<const LogField> fields, LineTo to = LineTo::all);
    void write(Level level, std::string_view component, std::string_view event,
               std::string_view text, std::initializer_list<LogField> fields = {}) {
        write(level, component, event, text, std::span{fields.begin(), fields.size()});
    }

    // Writes to standard error as well if the log is a file, since the file may be broken.
    void write_everywhere(Level level, std::string_view component, std::string_view event,
                          std::string_view text, std::initializer_list<LogField> fields = {});

    void set_level(Level level);
    // `observer` gets every line that is written, whatever the log level is. One at most; it writes
    // no lines itself.
    void observe(std::function<void(const LogEntry&)> observer) { observer_ = std::move(observer); }
    // Opens the path again, after the file was moved away, for the lines after this call. On an
    // error the old file stays in use. `reopened` is called at once, or by report().
    using Reopened = std::function<void(const std::optional<std::string>& error)>;
    void reopen(Reopened reopened);

    // Before: write() blocks as long as the outputs do. From now on threads write the lines. `wake`
    // is called from any thread, also after the end of the log: report() is due.
    void write_off_loop(const std::function<void()>& wake);
    // Logs errors of the outputs.
    void report();
    // Prints a line to standard error that is not of the log, in its order among those that are.
    void print_plain(std::string_view line);
    // Waits until all lines are written, for at most `limit`. The destructor waits for a second.
    void flush(Duration limit);

    [[nodiscard]] const std::deque<LogLine>& recent() const { return recent_; }
    // `on_line` gets every line of this level and above, from the next one on, until unsubscribe().
    // It may write lines itself; those are not passed to subscribers.
    [[nodiscard]] std::uint64_t subscribe(Level least, std::function<void(const LogLine&)> on_line);
    void unsubscribe(std::uint64_t subscription);
    [[nodiscard]] std::uint64_t lines_written() const { return lines_; }
    // Not given to the outputs, with LineTo::memory.
    [[nodiscard]] std::uint64_t lines_left_out() const { return left_out_; }
    // Those that were dropped, too.
    [[nodiscard]] std::uint64_t lines_lost() const;
    [[nodiscard]] std::uint64_t syslog_lines_lost() const;
    // By the bound of the queue that was reached, as an output did not take lines fast enough.
    [[nodiscard]] LineQueue::Dropped lines_dropped() const;
    [[nodiscard]] LogFormat format() const { return options_.format; }
    [[nodiscard]] bool on_stderr() const { return options_.file.empty(); }

private:
    struct Subscriber {
        Level least;
        std::shared_ptr<std::function<void(const LogLine&)>> on_line;
    };
    explicit Log(Options options);
    void notify_subscribers(Level level);
    void log_gaps();
    void log_own_errors();

    Options options_;
    std::unique_ptr<LogOutputs> outputs_;
    std::deque<LogLine> recent_;
    std::function<void(const LogEntry&)> observer_;
    std::map<std::uint64_t, Subscriber> subscribers_;
    std::uint64_t next_subscription_ = 1;
    std::uint64_t lines_ = 0, left_out_ = 0;
    LineGate syslog_complaints_{std::chrono::minutes{1}};
    bool notifying_ = false;
    bool logging_gaps_ = false;
    bool logging_own_errors_ = false;
    bool also_to_stderr_ = false;
};

}  // namespace rollcall::agent
