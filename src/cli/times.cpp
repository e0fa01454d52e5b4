// SPDX-License-Identifier: Apache-2.0
#include "cli/times.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace rollcall::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000;  // us
constexpr std::string_view kForm = "0000-00-00T00:00:00.000000Z";

std::string padded(std::int64_t number, std::size_t digits) {
    std::string text = std::to_string(number);
    return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

}  // namespace

std::string age_text(Duration age) {
    using namespace std::chrono;
    const auto ms = std::max<std::int64_t>(duration_cast<milliseconds>(age).count(), 0);
    const std::int64_t s = ms / 1000;
    if (s < 60) return std::to_string(s) + "." + std::to_string(ms % 1000 / 100) + "s";
    struct Unit {
        std::int64_t seconds;
        std::string_view name, rest;
        std::int64_t rest_seconds;
    };
    static constexpr std::array kUnits{Unit{86400, "d", "h", 3600}, Unit{3600, "h", "m", 60},
                                       Unit{60, "m", "s", 1}};
    const auto unit = std::ranges::find_if(kUnits, [&](const Unit& u) { return s >= u.seconds; });
    return std::to_string(s / unit->seconds) + std::string{unit->name} + " " +
           std::to_string(s % unit->seconds / unit->rest_seconds) + std::string{unit->rest};
}

std::string utc_text(std::int64_t microseconds) {
    using namespace std::chrono;
    constexpr std::int64_t end = 253'402'300'800;  // the year 10000, in seconds
    if (microseconds < 0 || microseconds / kSecond >= end) return {};
    const sys_seconds whole{seconds{microseconds / kSecond}};
    const auto day = floor<days>(whole);
    const year_month_day date{day};
    const hh_mm_ss time{whole - day};
    return padded(int{date.year()}, 4) + '-' + padded(unsigned{date.month()}, 2) + '-' +
           padded(unsigned{date.day()}, 2) + 'T' + padded(time.hours().count(), 2) + ':' +
           padded(time.minutes().count(), 2) + ':' + padded(time.seconds().count(), 2) + '.' +
           padded(microseconds % kSecond, 6) + 'Z';
}

std::optional<std::int64_t> parse_utc(std::string_view text) {
    using namespace std::chrono;
    if (text.size() != kForm.size()) return {};
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        std::from_chars(text.data() + at, text.data() + at + digits, value);
        return value;
    };
    const year_month_day date{year{number(0, 4)},
                              month{static_cast<unsigned>(std::max(number(5, 2), 0))},
                              day{static_cast<unsigned>(std::max(number(8, 2), 0))}};
    if (!date.ok()) return {};
    const auto at =
        sys_days{date} + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)};
    const std::int64_t us =
        duration_cast<microseconds>(at.time_since_epoch()).count() + number(20, 6);
    if (utc_text(us) != text) return {};  // signs, spaces, minute 61
    return us;
}

}  // namespace rollcall::cli
