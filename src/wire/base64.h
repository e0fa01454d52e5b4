// SPDX-License-Identifier: Apache-2.0
//
// Keys as text: the standard alphabet of base64, always padded (RFC 4648, section 4). Strict: no
// line breaks, no missing padding, no stray bits. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rollcall::wire {

[[nodiscard]] std::string to_base64(Bytes bytes);
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);
// For a refused text: the position at which Go's decoder fails, as Serf's errors report it. The
// text's size where Go accepts the text: line breaks and stray bits.
[[nodiscard]] std::size_t base64_error_at(std::string_view text);

}  // namespace rollcall::wire
