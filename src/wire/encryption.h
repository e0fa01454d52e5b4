// SPDX-License-Identifier: Apache-2.0
//
// What an agent does with its keys (docs/operations/encryption.md). Agents that are one step apart
// understand each other, so a running cluster goes up or down step by step, each step once all are
// at the one before.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall::wire {

// Without keys all steps are as `off`.
enum class Encryption : std::uint8_t {
    off,      // does not use them
    accept,   // sends plain text, takes both
    send,     // sends sealed, takes both
    require,  // sends sealed, takes nothing else
};

// By number.
inline constexpr std::array<std::string_view, 4> kEncryptionNames{"off", "accept", "send",
                                                                  "require"};

[[nodiscard]] constexpr std::string_view to_string(Encryption encryption) {
    return kEncryptionNames[static_cast<std::size_t>(encryption)];
}
[[nodiscard]] constexpr std::optional<Encryption> parse_encryption(std::string_view name) {
    const auto* const found = std::ranges::find(kEncryptionNames, name);
    if (found == kEncryptionNames.end()) return {};
    return static_cast<Encryption>(found - kEncryptionNames.begin());
}

}  // namespace rollcall::wire
