// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sim/program/plan.h"

namespace rollcall::sim {
namespace {

// Differences smaller than this are those of other seeds.
constexpr double kSame = 0.02;

// What an operator weighs: smaller is better in each.
struct Goal {
    const char* best;  // "X detects ..."
    double (*cost)(const PlanFigures&);
};
constexpr std::array kGoals{
    Goal{"lets everybody know soonest",
         [](const PlanFigures& f) {
             // Who is never told waits for ever.
             if (!f.all_s || f.missed > 0) return std::numeric_limits<double>::infinity();
             return *f.all_s;
         }},
    Goal{"accuses wrongly least often",
         // A wrong verdict of death weighs what many suspicions do.
         [](const PlanFigures& f) {
             return f.false_failures_per_node_hour() + f.false_suspicions_per_node_hour() / 100;
         }},
    Goal{"sends least", [](const PlanFigures& f) { return f.bytes_median; }},
};

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

std::string advise(const std::vector<Choice>& choices) {
    // Nobody died, nobody was accused: such a goal tells nothing.
    std::vector<const Goal*> goals;
    for (const Goal& goal : kGoals) {
        const double one = goal.cost(*choices.front().figures);
        for (const Choice& other : choices) {
            const double cost = goal.cost(*other.figures);
            if (not_worse(cost, one) && not_worse(one, cost)) continue;
            goals.push_back(&goal);
            break;
        }
    }
    if (goals.empty()) return "these values make no difference that these runs could show.";
    for (const Choice& choice : choices) {
        bool best = true;
        for (const Goal* goal : goals) {
            for (const Choice& other : choices) {
                best = best && not_worse(goal->cost(*choice.figures), goal->cost(*other.figures));
            }
        }
        if (best) return choice.name + " is as good as any other in everything, or better.";
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

}  // namespace

std::string plan_advice(const std::vector<PlanPoint>& points,
                        const std::vector<PlanFigures>& figures) {
    std::vector<std::pair<std::string, std::vector<Choice>>> groups;  // by circumstances, in order
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
        } else if (sentence.starts_with("no value ") || sentence.starts_with("these values ")) {
            sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');  // names stay as written
        }
        text += (text.empty() ? "" : "\n") + sentence;
    }
    return text;
}

}  // namespace rollcall::sim
