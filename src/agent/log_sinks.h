// SPDX-License-Identifier: Apache-2.0
//
// Where lines end up, for Log: standard error, a file, a file that is changed for a new one when it
// has grown, syslog. All are spdlog's; here is only what an agent wants of them.
#pragma once

#include <spdlog/sinks/sink.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "agent/config.h"

namespace rollcall::agent {

// May throw spdlog::spdlog_ex, when the file cannot be opened. With `rotate_bytes` above 0 the file
// is renamed when it has so many (x.log becomes x.1.log, x.2.log and so on), and the oldest of
// `rotate_files` goes. Scripts that the agent runs do not inherit it.
[[nodiscard]] spdlog::sink_ptr stderr_sink();
[[nodiscard]] spdlog::sink_ptr file_sink(const std::string& path, std::size_t rotate_bytes,
                                         unsigned rotate_files);
// To the facility, as "rollcall"; trace and debug as debug, and so on as Serf's agent does.
[[nodiscard]] spdlog::sink_ptr syslog_sink(int facility);

// LOG_LOCAL0 for "LOCAL0", in any case; nullopt for what is none.
[[nodiscard]] std::optional<int> parse_facility(std::string_view name);
[[nodiscard]] int syslog_priority(Level level);

}  // namespace rollcall::agent
