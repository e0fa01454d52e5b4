// SPDX-License-Identifier: Apache-2.0
#include "agent/log/logging.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "agent/log/local_time.h"
#include "agent/log/log_outputs.h"
#include "base/sanitize.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kLogComponent = "log";
constexpr Duration kLastLines = std::chrono::seconds{1};  // to be written at the end

// Microseconds: fine enough to order the events of two agents on one machine.
std::string with_microseconds(const std::tm& parts, const char* form,
                              std::chrono::system_clock::time_point now) {
    using namespace std::chrono;
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), form, &parts);
    const auto us = floor<microseconds>(now.time_since_epoch()).count() % 1'000'000;
    std::string digits = std::to_string(1'000'000 + us);
    digits.front() = '.';
    return std::string{text.data(), size} + digits;
}

constexpr std::size_t kSerfTime = sizeof "2026/11/21 06:01:00" - 1;

std::string local_time(std::chrono::system_clock::time_point now) {
    const std::tm parts = local_time_of(std::chrono::system_clock::to_time_t(now));
    return with_microseconds(parts, "%Y/%m/%d %H:%M:%S", now);
}

}  // namespace

std::string utc_text(std::chrono::system_clock::time_point now) {
    const std::time_t whole = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    gmtime_r(&whole, &parts);
    return with_microseconds(parts, "%Y-%m-%dT%H:%M:%S", now) + "Z";
}

std::string json_of(const LogEntry& entry, std::optional<std::uint64_t> seq) {
    nlohmann::ordered_json json;
    if (seq) json["seq"] = *seq;
    json["time"] = utc_text(entry.time);
    json["level"] = to_string(entry.level);
    json["event"] = entry.event;
    json["component"] = entry.component;
    json["message"] = entry.text;
    for (const LogField& field : entry.fields) {
        auto& value = json[std::string{field.key}];
        if (field.number) {
            value = *field.number;
        } else if (field.truth) {
            value = *field.truth;
        } else {
            value = sanitized_head(field.text, Log::kMaxLine);
        }
    }
    // Names are bytes from the network: invalid UTF-8 is replaced and does not throw.
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::unique_ptr<Log>, std::string> Log::open(Options options) {
    std::unique_ptr<Log> log{new Log{std::move(options)}};
    auto outputs = LogOutputs::open(log->options_);
    if (!outputs) return outputs.error();
    log->outputs_ = std::move(*outputs);
    return log;
}

Log::Log(Options options) : options_{std::move(options)} {
    if (!options_.now) options_.now = transport::clock_now;
}

Log::~Log() {
    if (outputs_) flush(kLastLines);
}

void Log::reopen(Reopened reopened) {
    outputs_->reopen(std::move(reopened));
}

void Log::write_off_loop(const std::function<void()>& wake) {
    outputs_->begin_off_loop(wake);
}

void Log::report() {
    log_gaps();
    log_own_errors();
    outputs_->report_reopened();
}

void Log::print_plain(std::string_view line) {
    outputs_->print_plain(line);
}

void Log::flush(Duration limit) {
    outputs_->flush(limit);
}

void Log::set_level(Level level) {
    options_.level = level;
}

std::uint64_t Log::lines_lost() const {
    return outputs_->lines_lost();
}

std::uint64_t Log::syslog_lines_lost() const {
    return outputs_->syslog_lines_lost();
}

LineQueue::Dropped Log::lines_dropped() const {
    return outputs_->lines_dropped();
}

void Log::write_everywhere(Level level, std::string_view component, std::string_view event,
                           std::string_view text, std::initializer_list<LogField> fields) {
    also_to_stderr_ = true;
    write(level, component, event, text, fields);
    also_to_stderr_ = false;
}

// In its place in the order of the lines: before the first one that there is room for again.
void Log::log_gaps() {
    if (std::exchange(logging_gaps_, true)) return;
    while (const auto gap = outputs_->take_gap()) {
        write(Level::warn, kLogComponent, "log-lines-dropped",
              std::to_string(gap->lines) + " log lines were dropped: " + gap->output +
                  " did not take them in time",
              {{"output", gap->output}, {"dropped", gap->lines}});
    }
    logging_gaps_ = false;
}

// Logs errors of the log itself as ordinary lines. Each kind is limited to one a minute, so this
// ends.
void Log::log_own_errors() {
    if (std::exchange(logging_own_errors_, true)) return;
    while (auto trouble = outputs_->take_trouble()) {
        also_to_stderr_ = trouble->also_to_stderr;
        write(trouble->level, kLogComponent, trouble->event, trouble->text,
              {{"path", options_.file}, {"errno", trouble->error}});
        also_to_stderr_ = false;
    }
    if (const int error = outputs_->take_syslog_error();
        error != 0 && syslog_complaints_.pass(options_.now())) {
        write(Level::warn, kLogComponent, "syslog-lost",
              "writing to syslog failed: " + std::generic_category().message(error) + "; " +
                  std::to_string(syslog_lines_lost()) + " lines lost so far",
              {{"errno", error}, {"lost", syslog_lines_lost()}});
    }
    static_cast<void>(outputs_->take_syslog_error());  // of the line above
    logging_own_errors_ = false;
}

bool Log::wants(Level level) const {
    if (level >= Level::debug || level >= options_.level) return true;
    for (const auto& [id, subscriber] : subscribers_) {
        if (level >= subscriber.least) return true;
    }
    return false;
}

void Log::write(Level level, std::string_view component, std::string_view event,
                std::string_view text, std::span<const LogField> fields, LineTo to) {
    if (!wants(level)) return;
    log_gaps();
    ++lines_;
    const auto now = std::chrono::system_clock::now();
    const std::string time = local_time(now);
    // Monitors get Serf's form, which has whole seconds.
    std::string line = time.substr(0, kSerfTime) + " [";
    line += to_string(level);
    line += "] ";
    line += component;
    line += ": ";
    const std::string clean = sanitized_head(text, Log::kMaxLine);
    line += clean;

    const LogEntry entry{.level = level,
                         .time = now,
                         .component = component,
                         .event = event,
                         .text = clean,
                         .fields = fields};
    if (level >= options_.level && to == LineTo::memory) {
        ++left_out_;
    } else if (level >= options_.level) {
        const bool as_text = options_.format == LogFormat::text;
        outputs_->write(level, as_text ? time + line.substr(kSerfTime) : json_of(entry),
                        also_to_stderr_);
    }
    if (observer_) observer_(entry);

    recent_.push_back({level, std::move(line)});
    if (recent_.size() > kRecentLines) recent_.pop_front();
    notify_subscribers(level);
    log_own_errors();
}

void Log::notify_subscribers(Level level) {
    if (notifying_) return;
    notifying_ = true;
    const LogLine line = recent_.back();  // a copy: subscribers may write lines
    // A subscriber may unsubscribe itself and others: no iterator is kept across a call.
    for (std::uint64_t last = 0;;) {
        const auto it = subscribers_.upper_bound(last);
        if (it == subscribers_.end()) break;
        last = it->first;
        if (level < it->second.least) continue;
        const auto on_line = it->second.on_line;
        (*on_line)(line);
    }
    notifying_ = false;
}

std::uint64_t Log::subscribe(Level least, std::function<void(const LogLine&)> on_line) {
    subscribers_.emplace(next_subscription_,
                         Subscriber{least, std::make_shared<std::function<void(const LogLine&)>>(
                                               std::move(on_line))});
    return next_subscription_++;
}

void Log::unsubscribe(std::uint64_t subscription) {
    subscribers_.erase(subscription);
}

}  // namespace rollcall::agent
