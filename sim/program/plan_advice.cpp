// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>
#include <string>

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

}  // namespace

std::string plan_advice(const std::vector<PlanPoint>& points,
                        const std::vector<PlanFigures>& figures) {
    if (points.size() < 2) return {};
    // Nobody died, nobody was accused: that goal tells nothing.
    std::vector<const Goal*> goals;
    for (const Goal& goal : kGoals) {
        bool differs = false;
        for (const PlanFigures& f : figures) {
            differs = differs || !not_worse(goal.cost(f), goal.cost(figures[0])) ||
                      !not_worse(goal.cost(figures[0]), goal.cost(f));
        }
        if (differs) goals.push_back(&goal);
    }
    if (goals.empty()) return "These values make no difference that these runs could show.";
    for (std::size_t p = 0; p < points.size(); ++p) {
        bool best = true;
        for (const Goal* goal : goals) {
            for (const PlanFigures& other : figures) {
                best = best && not_worse(goal->cost(figures[p]), goal->cost(other));
            }
        }
        if (best)
            return point_name(points[p]) + " is as good as any other in everything, or better.";
    }
    std::string text = "No value is best in everything:";
    const char* comma = " ";
    for (const Goal* goal : goals) {
        std::size_t best = 0;
        for (std::size_t p = 1; p < points.size(); ++p) {
            if (goal->cost(figures[p]) < goal->cost(figures[best])) best = p;
        }
        text += comma + point_name(points[best]) + " " + goal->best;
        comma = "; ";
    }
    return text + ".";
}

}  // namespace rollcall::sim
