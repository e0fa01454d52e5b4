// SPDX-License-Identifier: Apache-2.0
#include "agent/log/syslog_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <ctime>
#include <utility>

#include "agent/log/local_time.h"

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

// In English whatever the locale: "Nov  8 06:01:00".
std::string rfc3164_time() {
    constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::tm parts = local_time_of(std::time(nullptr));
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), " %e %H:%M:%S", &parts);
    return kMonths[static_cast<std::size_t>(parts.tm_mon)] + std::string{text.data(), size};
}

}  // namespace

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

SyslogSocket::SyslogSocket(int facility, std::string path)
    : facility_{facility}, path_{std::move(path)} {}

int SyslogSocket::write(Level level, std::string_view line) {
    std::string message = "<" + std::to_string(facility_ | syslog_priority(level)) + ">" +
                          rfc3164_time() + " rollcall[" + std::to_string(::getpid()) + "]: ";
    message += line;
    int error = send(message);
    // A restarted daemon has another socket at the path.
    if (error != 0 && error != EAGAIN) error = send(message);
    if (error != 0) ++lost_;
    return error;
}

int SyslogSocket::send(std::string_view message) {
    if (socket_.get() < 0) {
        if (const int error = connect(); error != 0) return error;
    }
    std::string framed{message};
    if (stream_) framed += '\0';
    const ssize_t sent =
        ::send(socket_.get(), framed.data(), framed.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(framed.size())) return 0;
    const int error = sent < 0 ? errno : EAGAIN;
    // After a partial line the stream is out of sync.
    if (sent >= 0 || error != EAGAIN) socket_ = OwnedFd{-1};
    return error;
}

int SyslogSocket::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::ranges::copy(path_, address.sun_path);
    int error = 0;
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
        OwnedFd socket{::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        if (socket.get() < 0) return errno;
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0) {
            socket_ = std::move(socket);
            stream_ = type == SOCK_STREAM;
            return 0;
        }
        error = errno;
        if (error != EPROTOTYPE) break;
    }
    return error;
}

}  // namespace rollcall::agent
