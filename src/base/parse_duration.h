// SPDX-License-Identifier: Apache-2.0
//
// Durations as operators write them: "30s", "1m30s", "500ms", "1.5h", "0". Units are h, m, s, ms,
// us (or µs) and ns, each number has one, and they add up. Negative ones are refused: no setting
// has a use for one. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace rollcall {

// The error says what is wrong with the text and what is accepted; it does not name the setting.
// What duration_text() writes is read back exactly.
[[nodiscard]] Result<Duration, std::string> parse_duration(std::string_view text);

}  // namespace rollcall
