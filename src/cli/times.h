// SPDX-License-Identifier: Apache-2.0
//
// Moments and ages in answers: agents send both, and people read ages. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace rollcall::cli {

// "0.4s", "12.3s", "3m 12s", "2h 3m", "5d 2h": two parts at most. Negative ones are "0.0s".
[[nodiscard]] std::string age_text(Duration age);

// Microseconds since 1970 as "2026-11-30T02:10:03.120000Z"; "" outside the years 1970 to 9999.
[[nodiscard]] std::string utc_text(std::int64_t microseconds);
// The inverse; nullopt for any other form.
[[nodiscard]] std::optional<std::int64_t> parse_utc(std::string_view text);

}  // namespace rollcall::cli
