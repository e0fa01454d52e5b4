// SPDX-License-Identifier: Apache-2.0
//
// Keys as operators write and compare them: parses a key, or reports what is wrong with the text,
// and computes a key's fingerprint. Errors and fingerprints contain no part of the key, so they may
// be printed. Pure functions.
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
// `base64 -d | sha256sum | cut -c1-8` prints. Thirty-two bits do not help to find a random key, and
// are enough to distinguish the keys of one cluster.
[[nodiscard]] std::string key_fingerprint(Bytes key);

// The error says what is wrong and fits behind "the key": "ends with a newline", "has 5 bytes".
[[nodiscard]] Result<std::vector<std::byte>, std::string> parse_key(std::string_view text);

// Where a secret has a blank or a line break that its author did not see: "ends with a newline".
// "" when it has none.
[[nodiscard]] std::string_view stray_space(std::string_view text);

}  // namespace rollcall::wire
