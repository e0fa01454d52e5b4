// SPDX-License-Identifier: Apache-2.0
//
// Sends lines to the syslog daemon without blocking: the C library's syslog() blocks when the
// daemon hangs, and a blocked agent answers no probes. A line that cannot be sent at once is lost
// and counted; the next line reconnects. In the form of RFC 3164, as the C library writes it. One
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/host/owned_fd.h"
#include "agent/log/level.h"

namespace rollcall::agent {

// LOG_LOCAL0 for "LOCAL0", in any case; nullopt for an unknown name.
[[nodiscard]] std::optional<int> parse_facility(std::string_view name);
// The priorities that Serf's agent uses.
[[nodiscard]] int syslog_priority(Level level);

class SyslogSocket {
public:
    static constexpr const char* kPath = "/dev/log";

    explicit SyslogSocket(int facility, std::string path = kPath);

    // 0, or the errno of the lost line.
    int write(Level level, std::string_view line);
    [[nodiscard]] std::uint64_t lines_lost() const { return lost_; }

private:
    [[nodiscard]] int connect();
    [[nodiscard]] int send(std::string_view message);

    int facility_;
    std::string path_;
    OwnedFd socket_{-1};
    bool stream_ = false;  // some daemons use stream sockets; a zero byte then ends a line
    std::uint64_t lost_ = 0;
};

}  // namespace rollcall::agent
