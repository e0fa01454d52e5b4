// SPDX-License-Identifier: Apache-2.0
#include "sim/world/ranges.h"

namespace rollcall::sim {
std::string whole_units(Duration d) {
    constexpr struct {
        Duration unit;
        const char* name;
    } units[] = {{std::chrono::seconds{1}, " s"},
                 {std::chrono::milliseconds{1}, " ms"},
                 {std::chrono::microseconds{1}, " us"}};
    for (const auto& [unit, name] : units) {
        if (d.count() % unit.count() == 0) return std::to_string(d / unit) + name;
    }
    return std::to_string(d.count()) + " ns";
}

std::string out_of_range(std::string_view field, Duration value, Duration min, Duration max) {
    if (value >= min && value <= max) return {};
    return std::string{field} + " is " + whole_units(value) + "; allowed is " + whole_units(min) +
           " to " + whole_units(max);
}

std::string no_share(std::string_view field, double value) {
    if (value >= 0 && value <= 1) return {};
    return std::string{field} + " is " + std::to_string(value) + "; allowed is 0 to 1";
}

}  // namespace rollcall::sim
