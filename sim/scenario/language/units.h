// SPDX-License-Identifier: Apache-2.0
//
// Times, shares and counts as text in scenario files and on the command line, and the nearest known
// word to an unknown one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace rollcall::sim {

inline constexpr std::string_view kTimeForm =
    "a time with its unit, like 500ms, 10s or 2m (ns, us, ms, s, m, h)";
inline constexpr std::string_view kRateForm =
    "off, or 100B/s to 100GB/s, like 10Mbit/s or 100kB/s (B/s and bit/s, with k, M or G)";
inline constexpr std::string_view kShareForm = "a share from 0% to 100%, like 2%";

// "500ms", "1.5s", "2m", "0"; exact, up to 10 000 hours; nullopt: something else.
[[nodiscard]] std::optional<Duration> parse_time(std::string_view text);
// "2%", "0.5%", "0.02": 0..1.
[[nodiscard]] std::optional<double> parse_share(std::string_view text);
// "10Mbit/s", "100kB/s", "off": bytes per second, 0 for off; whole bytes, 100 and more.
[[nodiscard]] std::optional<std::uint64_t> parse_rate(std::string_view text);
// As parse_rate reads it, in the largest unit that gives a whole number: "100kB/s", "off".
[[nodiscard]] std::string rate_text(std::uint64_t bytes_per_second);
// Digits only.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);
// Any finite number.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
// Digits, or hexadecimal after "0x".
[[nodiscard]] std::optional<std::uint64_t> parse_id(std::string_view text);

// " (did you mean 'nodes'?)", or "" when no word is near.
[[nodiscard]] std::string did_you_mean(std::string_view text,
                                       std::span<const std::string_view> words);
// "a, b, c".
[[nodiscard]] std::string listed_words(std::span<const std::string_view> words);

}  // namespace rollcall::sim
