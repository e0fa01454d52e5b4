// SPDX-License-Identifier: Apache-2.0
#include "base/parse_duration.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace rollcall {
namespace {

struct DurationUnit {
    std::string_view name;
    std::int64_t nanoseconds;
};
constexpr std::array kUnitsLargestFirst{DurationUnit{"h", 3'600'000'000'000},
                                        DurationUnit{"m", 60'000'000'000},
                                        DurationUnit{"s", 1'000'000'000},
                                        DurationUnit{"ms", 1'000'000},
                                        DurationUnit{"us", 1'000},
                                        DurationUnit{"\u00b5s", 1'000},
                                        DurationUnit{"ns", 1}};

std::string not_a_duration(std::string_view text, std::string_view why) {
    return "'" + std::string{text} + "' is not a duration (" + std::string{why} +
           "); write it like 30s, 1m30s or 500ms";
}

// Digit by digit: a binary fraction would not represent 1.1s exactly. Anything below a nanosecond
// is truncated. `number` contains digits and points only.
std::optional<std::int64_t> in_nanoseconds(std::string_view number, std::int64_t unit) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::int64_t whole = 0;
    std::int64_t fraction = 0;
    bool point = false;
    std::int64_t place = unit;
    for (const char c : number) {
        if (c == '.') {
            if (point) return {};
            point = true;
        } else if (point) {
            place /= 10;
            fraction += (c - '0') * place;
        } else {
            if (whole > (most - 9) / 10) return {};
            whole = whole * 10 + (c - '0');
        }
    }
    if (whole > (most - fraction) / unit) return {};
    return whole * unit + fraction;
}

}  // namespace

Result<Duration, std::string> parse_duration(std::string_view text) {
    if (text.empty()) return not_a_duration(text, "it is empty");
    if (text == "0") return Duration::zero();
    if (text.front() == '-') return not_a_duration(text, "it is negative");

    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::int64_t total = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
        const std::string_view number = rest.substr(0, digits);
        const std::string_view tail = rest.substr(digits);
        const std::string_view name = tail.substr(0, tail.find_first_of("0123456789."));
        rest = tail.substr(name.size());
        if (number.empty() || number == ".") return not_a_duration(text, "a number is missing");
        if (name.empty()) return not_a_duration(text, "a unit is missing");
        const auto unit = std::ranges::find(kUnitsLargestFirst, name, &DurationUnit::name);
        if (unit == kUnitsLargestFirst.end()) {
            return not_a_duration(
                text, "'" + std::string{name} + "' is not one of the units h m s ms us ns");
        }
        const auto part = in_nanoseconds(number, unit->nanoseconds);
        if (!part) return not_a_duration(text, "a number has two points or is too large");
        if (*part > most - total) return not_a_duration(text, "it is longer than 292 years");
        total += *part;
    }
    return Duration{total};
}

}  // namespace rollcall
