// SPDX-License-Identifier: Apache-2.0
//
// R7: how often a process that receives alerts of K observers proposes a cut too early (Rapid, Fig.
// 11). Pure combinatorics: the alerts about F victims reach each process in its own random order;
// it proposes as soon as some victim has H alerts and none has between L and H. A conflict is a
// proposal that lacks a victim. Only the core's random generator is used.
#include <algorithm>
#include <array>
#include <numeric>

#include "base/rng.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/statistics/poisson.h"

namespace rollcall::sim::papers {
namespace {

constexpr unsigned kObservers = 10;
constexpr unsigned kDrawnProcesses = 1000;
constexpr std::array<unsigned, 4> kVictims = {2, 4, 8, 16};

struct Watermarks {
    unsigned high, low;
    std::array<double, 4> published;  // % of processes, in the order of kVictims
};
constexpr std::array<Watermarks, 16> kWatermarks = {{
    {6, 1, {1.04, 0.15, 0.03, 0}},
    {6, 2, {5.78, 1.74, 0.33, 0.09}},
    {6, 3, {16.46, 10.87, 3.81, 1.52}},
    {6, 4, {36.72, 36.92, 23.77, 12.58}},
    {7, 1, {0.30, 0.01, 0, 0}},
    {7, 2, {2.05, 0.22, 0.04, 0.01}},
    {7, 3, {6.82, 2.52, 0.54, 0.17}},
    {7, 4, {18.29, 11.75, 4.28, 1.57}},
    {8, 1, {0.04, 0, 0, 0}},
    {8, 2, {0.59, 0.05, 0, 0}},
    {8, 3, {2.23, 0.34, 0.03, 0.01}},
    {8, 4, {6.82, 2.34, 0.47, 0.08}},
    {9, 1, {0.01, 0, 0, 0}},
    {9, 2, {0.12, 0, 0, 0}},
    {9, 3, {0.53, 0.03, 0, 0}},
    {9, 4, {1.99, 0.23, 0.03, 0}},
}};
constexpr std::size_t kConflictCells = kWatermarks.size() * kVictims.size();

// `order` holds each victim's number once per observer.
bool proposes_too_early(const std::vector<unsigned>& order, unsigned victims, const Watermarks& w) {
    std::array<unsigned, 16> alerts{};
    unsigned stable = 0, unstable = 0;
    for (const unsigned victim : order) {
        const unsigned count = ++alerts[victim];
        if (count == w.low) ++unstable;
        if (count == w.high) {
            --unstable;
            ++stable;
        }
        if (stable > 0 && unstable == 0) return stable < victims;
    }
    return false;
}

Measurement count_conflicts(std::size_t cell, std::uint64_t seed) {
    const Watermarks& w = kWatermarks[cell / kVictims.size()];
    const unsigned victims = kVictims[cell % kVictims.size()];
    Rng rng{seed};
    std::vector<unsigned> order;
    for (unsigned v = 0; v < victims; ++v) order.insert(order.end(), kObservers, v);
    unsigned conflicts = 0;
    for (unsigned process = 0; process < kDrawnProcesses; ++process) {
        rng.shuffle(std::span{order});
        conflicts += proposes_too_early(order, victims, w) ? 1 : 0;
    }
    return {static_cast<double>(conflicts)};
}

Batches conflict_batches(const Scale& scale) {
    return {.cells = kConflictCells, .batches = scale.pick<std::size_t>(100, 200, 200)};
}

std::vector<Figure> judge_conflicts(const Scale& scale, const Results& results) {
    const Batches batches = conflict_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t cell = 0; cell < kConflictCells; ++cell) {
        const Watermarks& w = kWatermarks[cell / kVictims.size()];
        const double published = w.published[cell % kVictims.size()];
        const std::vector<double> counts = batches.column(results, "rapid/conflicts", cell, 0);
        const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
        const double drawn = static_cast<double>(kDrawnProcesses * counts.size());
        const Band interval = poisson_interval(static_cast<std::uint64_t>(sum));
        Figure figure{.name = "%, H = " + std::to_string(w.high) +
                              ", L = " + std::to_string(w.low) +
                              ", F = " + std::to_string(kVictims[cell % kVictims.size()]),
                      .published = number(published)};
        figure.simulated = 100 * sum / drawn;
        figure.interval = {100 * interval.low / drawn, 100 * interval.high / drawn};
        const double slack = std::max(0.15 * published, 0.15);
        const Band allowed{std::max(0.0, published - slack), published + slack};
        figure.must_be_in(allowed);
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

void add_cut_detection(Catalogue& all) {
    all.experiments.push_back({.id = "rapid/conflicts",
                               .weight = 0.005,
                               .jobs = [](const Scale& s) { return conflict_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return count_conflicts(conflict_batches(s).cell_of(job),
                                                              seed);
                                   }});
    all.rows.push_back(
        {.id = "R7",
         .paper = "rapid",
         .target = "Conflicting cuts by watermarks (Fig. 11)",
         .scenario = "K = 10 observers, F victims; alerts in a random order at each of "
                     "1000 processes.",
         .tolerance = "each of 64 rates within 15 % or 0.15 points, whichever is more",
         .repetition = "times 1000 processes for each rate: 100 quick, 200 normal and full (20 in "
                       "the paper)",
         .experiments = {"rapid/conflicts"},
         .judge = judge_conflicts});
}

}  // namespace rollcall::sim::papers
