// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "sim/world/bandwidth.h"

namespace rollcall::sim {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
constexpr Unit kUnits[] = {{"ns", 1},
                           {"us", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000}};
constexpr std::int64_t kMostNanoseconds = 10'000 * 3'600'000'000'000;

struct Rate {
    std::string_view name;
    std::uint64_t bits;  // per second
};
constexpr Rate kRates[] = {{"GB/s", 8'000'000'000},
                           {"MB/s", 8'000'000},
                           {"kB/s", 8'000},
                           {"B/s", 8},
                           {"bit/s", 1},
                           {"kbit/s", 1'000},
                           {"Mbit/s", 1'000'000},
                           {"Gbit/s", 1'000'000'000}};

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

std::optional<Duration> parse_time(std::string_view text) {
    if (text == "0") return Duration{};
    std::size_t digits = text.find_first_not_of("0123456789.");
    if (digits == std::string_view::npos || digits == 0) return {};
    const auto unit = std::ranges::find(kUnits, text.substr(digits), &Unit::name);
    if (unit == std::end(kUnits)) return {};
    // Digit by digit, so that 0.1s is exactly 100 ms.
    std::int64_t sum = 0, scale = unit->nanoseconds;
    bool point = false, any = false;
    for (const char c : text.substr(0, digits)) {
        if (c == '.') {
            if (point) return {};
            point = true;
            continue;
        }
        any = true;
        const std::int64_t digit = c - '0';
        if (!point) {
            if (sum > kMostNanoseconds / 10) return {};
            sum = sum * 10 + digit * unit->nanoseconds;
        } else {
            if (scale % 10 != 0 && digit != 0) return {};  // finer than a nanosecond
            scale /= 10;
            sum += digit * scale;
        }
        if (sum > kMostNanoseconds) return {};
    }
    if (!any) return {};
    return Duration{sum};
}

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return {};
    return value;
}

std::optional<double> parse_share(std::string_view text) {
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    const auto value = parse_number(text);
    if (!value) return {};
    const double share = percent ? *value / 100 : *value;
    if (share < 0 || share > 1) return {};
    return share;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
    if (text == "off") return 0;
    const std::size_t digits = text.find_first_not_of("0123456789.");
    if (digits == std::string_view::npos) return {};
    const auto value = parse_number(text.substr(0, digits));
    const auto unit = std::ranges::find(kRates, text.substr(digits), &Rate::name);
    if (!value || unit == std::end(kRates)) return {};
    const double bytes = *value * static_cast<double>(unit->bits) / 8;
    if (bytes < Bandwidth::kSlowest || bytes > Bandwidth::kFastest || std::floor(bytes) != bytes)
        return {};
    return static_cast<std::uint64_t>(bytes);
}

std::string rate_text(std::uint64_t bytes_per_second) {
    if (bytes_per_second == 0) return "off";
    for (const Rate& unit : kRates) {
        const std::uint64_t bytes = unit.bits / 8;
        if (!unit.name.ends_with("B/s") || bytes_per_second % bytes != 0) continue;
        return std::to_string(bytes_per_second / bytes).append(unit.name);
    }
    return {};
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
    if (!text.starts_with("0x")) return parse_count(text);
    text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> words) {
    std::string_view nearest;
    std::size_t least = std::max<std::size_t>(2, text.size() / 3) + 1;
    for (const std::string_view word : words) {
        const bool part = text.size() >= 4 && word.find(text) != std::string_view::npos;
        const std::size_t d = part ? 2 : distance(text, word);
        if (d < least) least = d, nearest = word;
    }
    if (nearest.empty() || nearest == text) return {};
    return " (did you mean '" + std::string{nearest} + "'?)";
}

std::string listed_words(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

}  // namespace rollcall::sim
