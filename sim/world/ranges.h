// SPDX-License-Identifier: Apache-2.0
//
// Range checks of settings. The text names the field, its value and what is allowed; empty when the
// value is valid.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace rollcall::sim {

// "1500 us": in the largest unit that shows it whole.
[[nodiscard]] std::string whole_units(Duration d);
[[nodiscard]] std::string out_of_range(std::string_view field, Duration value, Duration min,
                                       Duration max);
// A share or a probability: 0 to 1.
[[nodiscard]] std::string no_share(std::string_view field, double value);

}  // namespace rollcall::sim
