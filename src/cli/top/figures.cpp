// SPDX-License-Identifier: Apache-2.0
#include "cli/top/figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/json_fields.h"

namespace rollcall::cli {

namespace {

using TopJson = nlohmann::ordered_json;

constexpr double kLargest = 1e18;  // of any figure: no machine has more

std::optional<double> figure_from(const TopJson& json) {
    if (!json.is_number()) return {};
    const double number = json.get<double>();
    if (!std::isfinite(number) || number < 0 || number > kLargest) return {};
    return number;
}

std::optional<double> figure_in(const TopJson& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() ? std::nullopt : figure_from(*found);
}

std::optional<double> share_in(const TopJson& json, const char* key) {
    const auto share = figure_in(json, key);
    return share && *share <= 1 ? share : std::nullopt;
}

TopJson object_in(const TopJson& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_object() ? *found : TopJson::object();
}

std::optional<double> used_share(std::optional<double> total, std::optional<double> left) {
    if (!total || !left || *total <= 0) return {};
    return std::clamp(1 - *left / *total, 0.0, 1.0);
}

TopFigures figures_in(const TopJson& json) {
    TopFigures figures;
    const TopJson cpu = object_in(json, "cpu");
    figures.cores = figure_in(cpu, "cores");
    figures.busy = share_in(cpu, "busy");
    figures.iowait = share_in(cpu, "iowait");
    figures.steal = share_in(cpu, "steal");
    const TopJson memory = object_in(json, "memory");
    figures.memory = figure_in(memory, "total");
    figures.memory_used = used_share(figures.memory, figure_in(memory, "available"));
    figures.swap = figure_in(memory, "swap_total");
    figures.swap_used = used_share(figures.swap, figure_in(memory, "swap_free"));
    if (const auto load = json.find("load");
        load != json.end() && load->is_array() && !load->empty()) {
        figures.load = figure_from(load->front());
    }
    const TopJson pressure = object_in(json, "pressure");
    figures.stall_cpu = share_in(object_in(pressure, "cpu"), "some");
    figures.stall_memory = share_in(object_in(pressure, "memory"), "some");
    figures.stall_io = share_in(object_in(pressure, "io"), "some");
    figures.uptime = figure_in(json, "uptime_s");
    return figures;
}

}  // namespace

std::optional<double> TopFigures::stall() const {
    return std::max({stall_cpu, stall_memory, stall_io});  // absent is less than any number
}

std::optional<TopAnswer> parse_sample(std::string_view text) {
    const TopJson json = TopJson::parse(text, nullptr, false);
    if (!json.is_object()) return {};
    const std::string state = text_in(json, "state");
    if (state == "off") return TopAnswer{.state = TopAnswer::State::off, .figures = {}};
    if (state == "none") return TopAnswer{.state = TopAnswer::State::none, .figures = {}};
    if (state != "ok") return {};
    return TopAnswer{.figures = figures_in(json)};
}

std::string share_text(std::optional<double> share) {
    constexpr double kPercent = 100;
    return share ? std::to_string(std::lround(*share * kPercent)) + '%' : "-";
}

std::string size_text(std::optional<double> bytes) {
    constexpr std::array kUnits{"", "K", "M", "G", "T", "P", "E"};
    constexpr double kNext = 1024;
    if (!bytes) return "-";
    std::size_t unit = 0;
    double number = *bytes;
    for (; number >= kNext && unit + 1 < kUnits.size(); ++unit) number /= kNext;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f%s" : "%.1f%s", number, kUnits[unit]);
    return text;
}

}  // namespace rollcall::cli
