// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sim/program/plan/plan.h"

namespace rollcall::sim {
namespace {

// Smaller relative differences can be due to the seeds.
constexpr double kSame = 0.02;

// A cost that an operator compares; smaller is better.
struct Goal {
    const char* best;  // "X ..."
    double (*cost)(const PlanFigures&);
};
constexpr Goal kSpeed{"detects fastest", [](const PlanFigures& f) {
                          // A death that some member misses takes infinitely long.
                          if (!f.all_s || f.missed > 0) {
                              return std::numeric_limits<double>::infinity();
                          }
                          return *f.all_s;
                      }};
constexpr Goal kTraffic{"has the least traffic",
                        [](const PlanFigures& f) { return f.bytes_median; }};
constexpr Goal kAlarms{"has the fewest false alarms",
                       // A false failure weighs as much as 100 false suspicions.
                       [](const PlanFigures& f) {
                           return f.false_failures_per_node_hour() +
                                  f.false_suspicions_per_node_hour() / 100;
                       }};

bool not_worse(double a, double b) {
    return a <= b || a <= b * (1 + kSame);
}

using Values = std::vector<std::pair<std::string, std::string>>;

std::string joined(const Values& values) {
    std::string text;
    for (const auto& [name, value] : values) {
        if (!text.empty()) text += ' ';
        text.append(name).append("=").append(value);
    }
    return text;
}
Values some_of(const PlanPoint& point, bool circumstances) {
    Values some;
    for (const auto& value : point.values) {
        const bool is_one = value.first == "nodes" || value.first == "loss";
        if (is_one == circumstances) some.push_back(value);
    }
    return some;
}

struct Choice {
    std::string name;
    const PlanFigures* figures = nullptr;
};

bool matters(const Goal& goal, const std::vector<Choice>& choices) {
    const double one = goal.cost(*choices.front().figures);
    return std::ranges::any_of(choices, [&](const Choice& other) {
        const double cost = goal.cost(*other.figures);
        return !not_worse(cost, one) || !not_worse(one, cost);
    });
}

// Whether the runs show different rates of false alarms. A difference counts as chance as long as
// the bounds overlap.
bool alarms_differ(const std::vector<Choice>& choices) {
    const auto apart = [&](std::uint64_t PlanFigures::*count) {
        double highest_low = 0, lowest_high = std::numeric_limits<double>::infinity();
        for (const Choice& choice : choices) {
            const PlanFigures& f = *choice.figures;
            const RateBounds bounds = rate_bounds(f.*count, f.node_hours);
            highest_low = std::max(highest_low, bounds.low);
            lowest_high = std::min(lowest_high, bounds.high);
        }
        return highest_low > lowest_high;
    };
    return apart(&PlanFigures::false_failures) || apart(&PlanFigures::false_suspicions);
}

std::string of_goals(const std::vector<const Goal*>& goals, const std::vector<Choice>& choices,
                     const char* in_everything) {
    for (const Choice& choice : choices) {
        const bool best = std::ranges::all_of(goals, [&](const Goal* goal) {
            return std::ranges::all_of(choices, [&](const Choice& other) {
                return not_worse(goal->cost(*choice.figures), goal->cost(*other.figures));
            });
        });
        if (best)
            return choice.name + " is at least as good as any other in " + in_everything + ".";
    }
    std::string text = "no value is best in everything: ";
    for (const Goal* goal : goals) {
        const Choice* best = &choices.front();
        for (const Choice& other : choices) {
            if (goal->cost(*other.figures) < goal->cost(*best->figures)) best = &other;
        }
        text += best->name + " " + goal->best + (goal == goals.back() ? "." : "; ");
    }
    return text;
}

std::string two_digits(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), value < 100 ? "%.2g" : "%.0f", value);
    return text.data();
}

// What the runs show about false alarms.
std::string about_alarms(const std::vector<Choice>& choices, bool differ) {
    double least = std::numeric_limits<double>::infinity();
    double highest = 0;
    unsigned runs = 1;
    for (const Choice& choice : choices) {
        const PlanFigures& f = *choice.figures;
        highest = std::max(highest, rate_bounds(f.false_failures, f.node_hours).high);
        if (f.node_hours >= least) continue;
        least = f.node_hours;
        runs = f.runs;
    }
    const std::string observed = two_digits(least) + " node-hours of each value";
    if (least < kEnoughNodeHours) {
        const double factor = least > 0 ? kEnoughNodeHours / least : kEnoughNodeHours;
        return " " + observed +
               " are too few to compare false alarms: the rate of false failures " +
               "could be up to " + two_digits(highest) + " per node-hour (95 %). For " +
               two_digits(kEnoughNodeHours) + " node-hours use --seeds " +
               std::to_string(static_cast<std::uint64_t>(std::ceil(runs * factor))) + ".";
    }
    if (differ) return {};
    return " False alarms: " + observed + " show no difference; at most " + two_digits(highest) +
           " false failures per node-hour (95 %).";
}

std::string advise(const std::vector<Choice>& choices) {
    // Only goals in which the values differ.
    const bool alarms = alarms_differ(choices);
    std::vector<const Goal*> goals;
    if (matters(kSpeed, choices)) goals.push_back(&kSpeed);
    if (alarms) goals.push_back(&kAlarms);
    if (matters(kTraffic, choices)) goals.push_back(&kTraffic);
    std::string text =
        goals.empty() ? "these runs show no difference between the values."
                      : of_goals(goals, choices,
                                 alarms ? "speed, false alarms and traffic" : "speed and traffic");
    return text + about_alarms(choices, alarms);
}

}  // namespace

// Poisson bounds from the chi-squared distribution, in Wilson and Hilferty's approximation: exact
// for 0, within 1 % for every count.
RateBounds rate_bounds(std::uint64_t count, double node_hours) {
    if (node_hours <= 0) return {0, std::numeric_limits<double>::infinity()};
    constexpr double kNormal95 = 1.6448536;
    const auto bound = [](double k, double normal) {
        return k * std::pow(1 - 1 / (9 * k) + normal / (3 * std::sqrt(k)), 3);
    };
    const auto k = static_cast<double>(count);
    const double high = count == 0 ? -std::log(0.05) : bound(k + 1, kNormal95);
    const double low = count == 0 ? 0 : std::max(0.0, bound(k, -kNormal95));
    return {low / node_hours, high / node_hours};
}

std::string plan_advice(const std::vector<PlanPoint>& points,
                        const std::vector<PlanFigures>& figures) {
    std::vector<std::pair<std::string, std::vector<Choice>>> groups;  // by nodes and loss, in order
    for (std::size_t p = 0; p < points.size(); ++p) {
        const std::string under = joined(some_of(points[p], true));
        auto group = std::ranges::find(groups, under, &decltype(groups)::value_type::first);
        if (group == groups.end()) group = groups.insert(groups.end(), {under, {}});
        group->second.push_back({joined(some_of(points[p], false)), &figures[p]});
    }
    std::string text;
    for (const auto& [under, choices] : groups) {
        if (choices.size() < 2) continue;
        std::string sentence = advise(choices);
        if (!under.empty()) {
            sentence.insert(0, std::string{"With "}.append(under).append(": "));
        } else if (sentence.starts_with("no value ") || sentence.starts_with("these runs ")) {
            sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');  // names stay as written
        }
        text += (text.empty() ? "" : "\n") + sentence;
    }
    return text;
}

}  // namespace rollcall::sim
