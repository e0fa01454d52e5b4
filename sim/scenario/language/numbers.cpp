// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/numbers.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace rollcall::sim {

std::string number(double value) {
    std::array<char, 64> text{};
    const bool whole = std::floor(value) == value && std::abs(value) < 1e15;
    std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.6g", value);
    return text.data();
}

std::string about(Duration d) {
    const double seconds = std::chrono::duration<double>(d).count();
    std::array<char, 64> text{};
    if (d != Duration{} && std::abs(seconds) < 0.9995) {
        std::snprintf(text.data(), text.size(), "%.3g ms", seconds * 1000);
    } else {
        std::snprintf(text.data(), text.size(), std::abs(seconds) < 1000 ? "%.3g s" : "%.0f s",
                      seconds);
    }
    return text.data();
}

std::string exact(Duration d) {
    constexpr struct {
        Duration unit;
        const char* name;
    } units[] = {{std::chrono::seconds{1}, "s"},
                 {std::chrono::milliseconds{1}, "ms"},
                 {std::chrono::microseconds{1}, "us"}};
    for (const auto& [unit, name] : units) {
        if (d % unit == Duration{}) return std::to_string(d / unit) + name;
    }
    return std::to_string(d.count()) + "ns";
}

std::string node_list(std::span<const std::uint32_t> nodes) {
    if (nodes.empty()) return "none";
    std::string text;
    for (std::size_t i = 0; i < nodes.size();) {
        std::size_t end = i + 1;
        while (end < nodes.size() && nodes[end] == nodes[end - 1] + 1) ++end;
        if (!text.empty()) text += ", ";
        text += "n" + std::to_string(nodes[i]);
        if (end - i == 2) text += ", n" + std::to_string(nodes[end - 1]);
        if (end - i > 2) text += "..n" + std::to_string(nodes[end - 1]);
        i = end;
    }
    return text;
}

}  // namespace rollcall::sim
