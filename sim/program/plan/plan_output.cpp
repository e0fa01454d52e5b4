// SPDX-License-Identifier: Apache-2.0
#include "sim/program/plan/plan_output.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sim/program/answer/agent_defaults.h"
#include "sim/program/answer/run_report.h"
#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {
namespace {

using Cells = std::vector<std::string>;

std::string plan_time(const std::optional<double>& seconds) {
    if (!seconds) return "none";
    return about(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds)));
}
std::string three_digits(double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), value < 100 ? "%.3g" : "%.0f", value);
    return text.data();
}
std::string aligned(const std::string& text, std::size_t width, bool right) {
    const std::string room(width - std::min(width, text.size()), ' ');
    return right ? room + text : text + room;
}

nlohmann::json maybe(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

// The differences from an agent that all points have: a varied setting is not one.
std::vector<std::string> common_differences(const std::vector<PlanPoint>& points) {
    std::vector<std::string> common = agent_differences(points.front().scenario);
    for (const PlanPoint& point : points) {
        const auto these = agent_differences(point.scenario);
        std::erase_if(common, [&](const std::string& difference) {
            return std::ranges::find(these, difference) == these.end();
        });
    }
    return common;
}

}  // namespace

std::string plan_text(const PlanReport& report, const Console& console) {
    const std::size_t names = report.points.front().values.size();
    // Two heading lines over the columns of figures.
    Cells above(names), heads;
    for (const auto& [name, _] : report.points.front().values) heads.push_back(name);
    for (const auto& [first, second] : std::initializer_list<std::pair<const char*, const char*>>{
             {"detected", "first"},
             {"", "median"},
             {"", "99 %"},
             {"", "last"},
             {"", "missed"},
             {"false alarms, per node-hour", "failures"},
             {"", "at most"},
             {"", "suspicions"},
             {"observed", "node-hours"},
             {"sent per node and second", "packets"},
             {"", "99 %"},
             {"", "bytes"},
             {"", "99 %"}}) {
        above.emplace_back(first);
        heads.emplace_back(second);
    }
    std::vector<Cells> rows;
    for (std::size_t p = 0; p < report.points.size(); ++p) {
        const PlanFigures& f = report.figures[p];
        Cells row;
        for (const auto& [_, value] : report.points[p].values) row.push_back(value);
        for (std::string& cell :
             Cells{plan_time(f.first_s), plan_time(f.median_s), plan_time(f.p99_s),
                   plan_time(f.all_s), std::to_string(f.missed),
                   three_digits(f.false_failures_per_node_hour()),
                   three_digits(rate_bounds(f.false_failures, f.node_hours).high),
                   three_digits(f.false_suspicions_per_node_hour()), three_digits(f.node_hours),
                   three_digits(f.packets_median), three_digits(f.packets_p99),
                   three_digits(f.bytes_median), three_digits(f.bytes_p99)}) {
            row.push_back(std::move(cell));
        }
        rows.push_back(std::move(row));
    }
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < heads.size(); ++c) {
        widths.push_back(heads[c].size());
        for (const Cells& row : rows) widths.back() = std::max(widths.back(), row[c].size());
    }
    std::string text = console.bold(report.scenario.name) + "  " + exact(report.scenario.length) +
                       ", " + std::to_string(report.options.seeds) + " seeds from " +
                       std::to_string(report.options.seed) + "\n";
    const std::string different = agent_difference_text(common_differences(report.points));
    if (!different.empty()) {
        text += console.dim(wrapped(different, 2, console.width));
    }
    text += "\n";
    std::string top = "  ", second = "  ";
    for (std::size_t c = 0; c < heads.size(); ++c) {
        // A heading over several columns begins at the first of them.
        const std::size_t gap = c < names ? 2 : 3;
        if (!above[c].empty()) {
            top.resize(second.size(), ' ');
            top += above[c];
        }
        second += aligned(heads[c], widths[c], c >= names) + std::string(gap, ' ');
    }
    second.erase(second.find_last_not_of(' ') + 1);
    text += console.dim(top) + "\n" + console.dim(second) + "\n";
    for (const Cells& row : rows) {
        std::string line = "  ";
        for (std::size_t c = 0; c < row.size(); ++c) {
            line += aligned(row[c], widths[c], c >= names) + std::string(c < names ? 2 : 3, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    const std::string advice = plan_advice(report.points, report.figures);
    if (!advice.empty()) text += "\n" + wrapped(advice, 2, console.width);
    std::array<char, 96> took{};
    const std::size_t runs = report.points.size() * report.options.seeds;
    std::snprintf(took.data(), took.size(), "  %zu runs in %.1f s on %u threads\n", runs,
                  report.took_s, report.options.threads);
    return text + console.dim(took.data());
}

std::string plan_json(const PlanReport& report) {
    nlohmann::ordered_json all = {
        {"scenario", report.scenario.name},
        {"length_s", std::chrono::duration<double>(report.scenario.length).count()},
        {"unlike_an_agent", common_differences(report.points)},
        {"seed", report.options.seed},
        {"seeds", report.options.seeds}};
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (std::size_t p = 0; p < report.points.size(); ++p) {
        const PlanFigures& f = report.figures[p];
        nlohmann::ordered_json values = nlohmann::ordered_json::object();
        for (const auto& [name, value] : report.points[p].values) values[name] = value;
        list.push_back({{"values", std::move(values)},
                        {"nodes", report.points[p].scenario.nodes},
                        {"runs", f.runs},
                        {"detect_first_s", maybe(f.first_s)},
                        {"detect_median_s", maybe(f.median_s)},
                        {"detect_p99_s", maybe(f.p99_s)},
                        {"detect_last_s", maybe(f.all_s)},
                        {"detect_missed", f.missed},
                        {"node_hours", f.node_hours},
                        {"false_failures", f.false_failures},
                        {"false_suspicions", f.false_suspicions},
                        {"false_failures_per_node_hour", f.false_failures_per_node_hour()},
                        {"false_failures_per_node_hour_at_most",
                         rate_bounds(f.false_failures, f.node_hours).high},
                        {"false_suspicions_per_node_hour", f.false_suspicions_per_node_hour()},
                        {"false_suspicions_per_node_hour_at_most",
                         rate_bounds(f.false_suspicions, f.node_hours).high},
                        {"packets_per_s_median", f.packets_median},
                        {"packets_per_s_p99", f.packets_p99},
                        {"bytes_per_s_median", f.bytes_median},
                        {"bytes_per_s_p99", f.bytes_p99}});
    }
    all["points"] = std::move(list);
    all["advice"] = plan_advice(report.points, report.figures);
    return all.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace rollcall::sim
