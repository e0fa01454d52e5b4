// SPDX-License-Identifier: Apache-2.0
//
// The severity of a log line, and the format of the log. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall::agent {

enum class Level : std::uint8_t { trace, debug, info, warn, err };
enum class LogFormat : std::uint8_t { text, json };

// "TRACE" ... "ERR" in any case; nullopt for anything else.
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);
[[nodiscard]] std::string_view to_string(Level level);  // "TRACE", ...

}  // namespace rollcall::agent
