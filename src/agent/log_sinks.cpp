// SPDX-License-Identifier: Apache-2.0
#include "agent/log_sinks.h"

#include <fcntl.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <memory>

namespace rollcall::agent {
namespace {

struct Facility {
    std::string_view name;
    int value;
};
constexpr std::array kFacilities{
    Facility{"KERN", LOG_KERN},         Facility{"USER", LOG_USER},
    Facility{"MAIL", LOG_MAIL},         Facility{"DAEMON", LOG_DAEMON},
    Facility{"AUTH", LOG_AUTH},         Facility{"SYSLOG", LOG_SYSLOG},
    Facility{"LPR", LOG_LPR},           Facility{"NEWS", LOG_NEWS},
    Facility{"UUCP", LOG_UUCP},         Facility{"CRON", LOG_CRON},
    Facility{"AUTHPRIV", LOG_AUTHPRIV}, Facility{"FTP", LOG_FTP},
    Facility{"LOCAL0", LOG_LOCAL0},     Facility{"LOCAL1", LOG_LOCAL1},
    Facility{"LOCAL2", LOG_LOCAL2},     Facility{"LOCAL3", LOG_LOCAL3},
    Facility{"LOCAL4", LOG_LOCAL4},     Facility{"LOCAL5", LOG_LOCAL5},
    Facility{"LOCAL6", LOG_LOCAL6},     Facility{"LOCAL7", LOG_LOCAL7},
};

Level from_spdlog(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
            return Level::trace;
        case spdlog::level::debug:
            return Level::debug;
        case spdlog::level::warn:
            return Level::warn;
        case spdlog::level::err:
        case spdlog::level::critical:
            return Level::err;
        default:
            return Level::info;
    }
}

// spdlog's own one has other priorities than Serf, and no way to change them.
class Syslog final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit Syslog(int facility) { ::openlog("rollcall", LOG_PID, facility); }
    ~Syslog() override { ::closelog(); }
    Syslog(const Syslog&) = delete;
    Syslog& operator=(const Syslog&) = delete;

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        ::syslog(syslog_priority(from_spdlog(message.level)), "%.*s",
                 static_cast<int>(message.payload.size()), message.payload.data());
    }
    void flush_() override {}
};

spdlog::file_event_handlers not_for_scripts() {
    spdlog::file_event_handlers handlers;
    handlers.after_open = [](const auto&, std::FILE* file) {
        ::fcntl(::fileno(file), F_SETFD, FD_CLOEXEC);
    };
    return handlers;
}

}  // namespace

spdlog::sink_ptr stderr_sink() {
    return std::make_shared<spdlog::sinks::stderr_sink_st>();
}

spdlog::sink_ptr file_sink(const std::string& path, std::size_t rotate_bytes,
                           unsigned rotate_files) {
    if (rotate_bytes == 0) {
        return std::make_shared<spdlog::sinks::basic_file_sink_st>(path, false, not_for_scripts());
    }
    return std::make_shared<spdlog::sinks::rotating_file_sink_st>(path, rotate_bytes, rotate_files,
                                                                  false, not_for_scripts());
}

spdlog::sink_ptr syslog_sink(int facility) {
    return std::make_shared<Syslog>(facility);
}

std::optional<int> parse_facility(std::string_view name) {
    std::string upper{name};
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto* found = std::ranges::find(kFacilities, upper, &Facility::name);
    if (found == kFacilities.end()) return {};
    return found->value;
}

int syslog_priority(Level level) {
    switch (level) {
        case Level::trace:
            return LOG_DEBUG;
        case Level::debug:
            return LOG_INFO;
        case Level::info:
            return LOG_NOTICE;
        case Level::warn:
            return LOG_WARNING;
        case Level::err:
            return LOG_ERR;
    }
    return LOG_NOTICE;
}

}  // namespace rollcall::agent
