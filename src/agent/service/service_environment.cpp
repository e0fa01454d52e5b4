// SPDX-License-Identifier: Apache-2.0
#include "agent/service/service_environment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>

#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

constexpr const char* kSocketVariable = "NOTIFY_SOCKET";
constexpr const char* kWatchdogVariable = "WATCHDOG_USEC";
constexpr const char* kWatchdogPidVariable = "WATCHDOG_PID";
constexpr std::size_t kMostShown = 64;  // bytes of a wrong value
// A century: more is as good as none, and would not fit into a Duration.
constexpr std::uint64_t kMostMicroseconds = 100ull * 365 * 24 * 3600 * 1'000'000;

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

std::string bad_variable(std::string_view name, std::string_view value, std::string_view allowed) {
    return std::string{name} + ": '" + sanitized_head(value, kMostShown) +
           "' is not allowed; allowed: " + std::string{allowed};
}

}  // namespace

ServiceEnvironment read_service_environment(
    const std::function<std::optional<std::string>(const std::string&)>& variable, pid_t own) {
    if (!variable) return {};
    ServiceEnvironment found{.notify_socket = variable(kSocketVariable).value_or("")};
    const auto text = variable(kWatchdogVariable);
    if (!text) return found;
    if (const auto meant = variable(kWatchdogPidVariable)) {
        const auto pid = whole(*meant);
        if (!pid) found.mistake = bad_variable(kWatchdogPidVariable, *meant, "the id of a process");
        if (!pid || *pid != static_cast<std::uint64_t>(own)) return found;
    }
    const auto microseconds = whole(*text);
    if (!microseconds) {
        found.mistake = bad_variable(kWatchdogVariable, *text, "a whole number of microseconds");
    } else if (*microseconds > 0 && *microseconds < kMostMicroseconds) {
        found.watchdog = std::chrono::microseconds{*microseconds};
    }
    return found;
}

bool is_service_variable(std::string_view variable) {
    static constexpr std::array<std::string_view, 3> kNames{kSocketVariable, kWatchdogVariable,
                                                            kWatchdogPidVariable};
    return std::ranges::find(kNames, variable.substr(0, variable.find('='))) != kNames.end();
}

}  // namespace rollcall::agent
