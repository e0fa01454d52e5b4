// SPDX-License-Identifier: Apache-2.0
#include "base/duration_text.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace rollcall {

std::string duration_text(Duration duration) {
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 6> units{
        std::pair{"h", 3'600'000'000'000u},
        {"m", 60'000'000'000u},
        {"s", 1'000'000'000u},
        {"ms", 1'000'000u},
        {"us", 1'000u},
        {"ns", 1u}};
    const std::int64_t count = duration.count();
    if (count == 0) return "0s";
    std::uint64_t left =
        count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    std::string text = count < 0 ? "-" : "";
    for (const auto& [name, nanoseconds] : units) {
        if (left < nanoseconds) continue;
        text += std::to_string(left / nanoseconds);
        text += name;
        left %= nanoseconds;
    }
    return text;
}

}  // namespace rollcall
