// SPDX-License-Identifier: Apache-2.0
#include "agent/logging.h"

#include <spdlog/logger.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "agent/log_sinks.h"
#include "base/harmless.h"

namespace rollcall::agent {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::trace:
            return spdlog::level::trace;
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::err:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string local_time(std::time_t seconds) {
    std::tm parts{};
    localtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y/%m/%d %H:%M:%S", &parts);
    return {text.data(), size};
}

// RFC 3339 in UTC with microseconds, which log collectors read without configuration; on one
// machine fine enough to tell which of two agents knew first.
std::string utc_time(std::chrono::system_clock::time_point now) {
    using namespace std::chrono;
    const std::time_t whole = system_clock::to_time_t(now);
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    const auto us = duration_cast<microseconds>(now.time_since_epoch()).count() % 1'000'000;
    std::string digits = std::to_string(1'000'000 + us);
    digits.front() = '.';
    return std::string{text.data(), size} + digits + "Z";
}

}  // namespace

std::string harmless(std::string_view text, std::size_t most) {
    const bool cut = text.size() > most;
    // Not within a character: its half would be shown as bytes.
    while (cut && most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0u) == 0x80u) --most;
    std::string clean = harmless_text(text.substr(0, most));
    if (cut) clean += "...";
    return clean;
}

Result<std::unique_ptr<Log>, std::string> Log::open(Options options) {
    std::unique_ptr<Log> log{new Log{std::move(options)}};
    if (auto error = log->attach()) return *std::move(error);
    return log;
}

Log::Log(Options options) : options_{std::move(options)} {}
Log::~Log() = default;

std::optional<std::string> Log::attach() {
    try {
        std::vector<spdlog::sink_ptr> sinks{
            options_.file.empty()
                ? stderr_sink()
                : file_sink(options_.file, options_.rotate_bytes, options_.rotate_files)};
        if (options_.syslog_facility) sinks.push_back(syslog_sink(*options_.syslog_facility));
        auto out = std::make_shared<spdlog::logger>("rollcall", sinks.begin(), sinks.end());
        out->set_pattern("%v");
        out->set_level(to_spdlog(options_.level));
        out->flush_on(spdlog::level::trace);
        out_ = std::move(out);
    } catch (const spdlog::spdlog_ex& failure) {
        return "log file '" + options_.file + "': " + failure.what();
    }
    return {};
}

std::optional<std::string> Log::reopen() {
    if (options_.file.empty()) return {};
    return attach();
}

void Log::set_level(Level level) {
    options_.level = level;
    out_->set_level(to_spdlog(level));
}

void Log::flush() {
    out_->flush();
}

bool Log::wants(Level level) const {
    if (level >= Level::debug || level >= options_.level) return true;
    for (const auto& [id, subscriber] : subscribers_) {
        if (level >= subscriber.least) return true;
    }
    return false;
}

void Log::write(Level level, std::string_view component, std::string_view event,
                std::string_view text, std::initializer_list<LogField> fields) {
    if (!wants(level)) return;
    ++lines_;
    const auto now = std::chrono::system_clock::now();
    std::string line = local_time(std::chrono::system_clock::to_time_t(now));
    line += " [";
    line += to_string(level);
    line += "] ";
    line += component;
    line += ": ";
    line += harmless(text);

    if (level >= options_.level) {
        if (options_.format == LogFormat::text) {
            out_->log(to_spdlog(level), line);
        } else {
            nlohmann::ordered_json json{{"time", utc_time(now)},
                                        {"level", to_string(level)},
                                        {"event", event},
                                        {"component", component},
                                        {"message", harmless(text)}};
            for (const LogField& field : fields) {
                if (field.number) {
                    json[std::string{field.key}] = *field.number;
                } else {
                    json[std::string{field.key}] = harmless(field.text);
                }
            }
            // Names are bytes from the network: what is not UTF-8 is replaced, never thrown over.
            out_->log(to_spdlog(level),
                      json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        }
    }

    recent_.push_back({level, std::move(line)});
    if (recent_.size() > kRecentLines) recent_.pop_front();
    if (telling_) return;
    telling_ = true;
    const LogLine told = recent_.back();  // a copy: those who are told may write lines
    // Whoever is told may unsubscribe itself and others: nothing is held across a call.
    for (std::uint64_t last = 0;;) {
        const auto it = subscribers_.upper_bound(last);
        if (it == subscribers_.end()) break;
        last = it->first;
        if (level < it->second.least) continue;
        const auto tell = it->second.told;
        (*tell)(told);
    }
    telling_ = false;
}

std::uint64_t Log::subscribe(Level least, std::function<void(const LogLine&)> told) {
    subscribers_.emplace(
        next_subscription_,
        Subscriber{least, std::make_shared<std::function<void(const LogLine&)>>(std::move(told))});
    return next_subscription_++;
}

void Log::unsubscribe(std::uint64_t subscription) {
    subscribers_.erase(subscription);
}

}  // namespace rollcall::agent
