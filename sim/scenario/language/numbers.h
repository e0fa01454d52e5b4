// SPDX-License-Identifier: Apache-2.0
//
// Numbers and lists of nodes as text.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/time.h"

namespace rollcall::sim {

// "12.3 s", "850 ms", "0 s": rounded to at most four digits, for output.
[[nodiscard]] std::string about(Duration d);
// "12.3s", "850ms", "1500us": exact and in one word, for parsers.
[[nodiscard]] std::string exact(Duration d);
// In at most six digits, without trailing zeros.
[[nodiscard]] std::string number(double value);
// "n1..n5, n8"; "none" when empty.
[[nodiscard]] std::string node_list(std::span<const std::uint32_t> nodes);

}  // namespace rollcall::sim
