// SPDX-License-Identifier: Apache-2.0
//
// Lines to the system's log daemon, without ever waiting for it: the C library's syslog() blocks
// when the daemon hangs, and an agent that blocks answers no probes. A line that cannot be sent at
// once is lost and counted; a daemon that went away is found again by the next line. In the form of
// RFC 3164, as the C library writes it. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/host/owned_fd.h"
#include "agent/log/level.h"

namespace rollcall::agent {

// LOG_LOCAL0 for "LOCAL0", in any case; nullopt for what is none.
[[nodiscard]] std::optional<int> parse_facility(std::string_view name);
// Trace and debug as debug, and so on as Serf's agent does.
[[nodiscard]] int syslog_priority(Level level);

class SyslogSocket {
public:
    static constexpr const char* kPath = "/dev/log";

    explicit SyslogSocket(int facility, std::string path = kPath);

    // 0, or the error of errno's that cost the line.
    int write(Level level, std::string_view line);
    [[nodiscard]] std::uint64_t lines_lost() const { return lost_; }

private:
    [[nodiscard]] int connect();
    [[nodiscard]] int send(std::string_view message);

    int facility_;
    std::string path_;
    OwnedFd socket_{-1};
    bool stream_ = false;  // some daemons listen for streams; a zero byte ends a line then
    std::uint64_t lost_ = 0;
};

}  // namespace rollcall::agent
