// SPDX-License-Identifier: Apache-2.0
//
// Human-readable durations: "1m30s", "500ms", "1h". Pure function.
#pragma once

#include <string>

#include "base/time.h"

namespace rollcall {

// Exact, in as few parts as possible; "0s" for none, "-5s" for a negative one.
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace rollcall
