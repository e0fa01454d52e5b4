// SPDX-License-Identifier: Apache-2.0
//
// Keys as an operator writes and compares them: the key that a text spells, or what is wrong with
// the text, and a key's fingerprint. Nothing here repeats a key or a part of it, so every result
// but the key itself may be printed. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace rollcall::wire {

inline constexpr std::string_view kKeyForm = "base64 of 16, 24 or 32 bytes";

// The first eight hex digits of the SHA-256 of the raw key, what
// `base64 -d | sha256sum | cut -c1-8` prints. Thirty-two bits of a random key help nobody to find
// it, and are enough to tell the keys of one cluster apart.
[[nodiscard]] std::string key_fingerprint(Bytes key);

// The error says what is wrong and fits behind "the key": "ends with a newline", "has 5 bytes".
[[nodiscard]] Result<std::vector<std::byte>, std::string> parse_key(std::string_view text);

// How a secret got a blank or a line break that its author did not see: "ends with a newline".
// "" when it has none.
[[nodiscard]] std::string_view stray_space(std::string_view text);

}  // namespace rollcall::wire
