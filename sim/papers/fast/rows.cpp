// SPDX-License-Identifier: Apache-2.0
//
// D1 to D16: our own profiles against lan as published. Nothing here is published: the bars are
// what we promise.
#include "sim/papers/frame/rows.h"

#include <algorithm>

#include "sim/papers/fast/measures.h"
#include "sim/papers/fast/network.h"
#include "sim/papers/fast/pauses.h"
#include "sim/papers/fast/run.h"
#include "sim/papers/fast/tables.h"
#include "sim/papers/fast/worlds.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

// What a stated share of 36 members, or of fewer, must be.
struct PauseBar {
    Absence absence;
    Duration length;
    bool all_die;  // or none
};
constexpr std::array<PauseBar, 4> kPauseBars = {{{Absence::frozen, 1500ms, false},
                                                 {Absence::restarted, 1500ms, false},
                                                 {Absence::stopped, 8s, false},
                                                 {Absence::stopped, 15s, true}}};

Figure figure_of(const WorldCell& cell, Measure measure) {
    Figure figure{.name = std::string{words_for(measure)} + ", " + cell.profile->name +
                          ", N = " + std::to_string(cell.members)};
    figure.simulated = value_of(measure, cell.outcome);
    figure.interval = {figure.simulated, figure.simulated};
    const bool first = measure == Measure::first_median;
    if (first || measure == Measure::all_median) {
        figure.interval = middle(first ? cell.outcome.first : cell.outcome.all, 0.9);
    }
    return figure;
}

std::vector<Figure> judge_world(const DetectionWorld& world, const Scale& scale,
                                const Results& results) {
    const std::vector<WorldCell> cells = world_cells(world, scale, results);
    const std::vector<Bar> bars = bars_of(world);
    std::vector<Figure> figures;
    for (const WorldCell& cell : cells) {
        const auto published = std::ranges::find_if(cells, [&](const WorldCell& other) {
            return other.members == cell.members && other.profile->name == kPublishedLan;
        });
        for (const Measure measure : kMeasures) {
            Figure figure = figure_of(cell, measure);
            for (const Bar& bar : bars) {
                if (bar.measure != measure || !bar.applies(world, cell.members, *cell.profile)) {
                    continue;
                }
                if (bar.of_published && published == cells.end()) continue;
                const double most =
                    bar.of_published ? bar.most * value_of(measure, published->outcome) : bar.most;
                figure.must_be_in({0, most});
            }
            figures.push_back(std::move(figure));
        }
    }
    return figures;
}

std::vector<Figure> judge_pauses(const Scale& scale, const Results& results) {
    std::vector<Figure> figures;
    for (const PauseCell& cell : pause_cells(scale, results)) {
        if (cell.of == 0) continue;
        Figure figure{.name = "share declared dead, " + std::string{words_for(cell.absence)} + " " +
                              number(seconds_of(cell.length)) + " s, " + cell.profile->name};
        figure.simulated = cell.dead / cell.of;
        figure.interval = {figure.simulated, figure.simulated};
        for (const PauseBar& bar : kPauseBars) {
            if (cell.profile->name != "fast" || bar.absence != cell.absence ||
                bar.length != cell.length) {
                continue;
            }
            const double share = bar.all_die ? 1 : 0;
            figure.must_be_in({share, share});
        }
        figures.push_back(std::move(figure));
    }
    return figures;
}

std::string seeds_in_words(const DetectionWorld& world) {
    std::string text = "seeds of each size and profile, four deaths each:";
    for (auto size = world.sizes.rbegin(); size != world.sizes.rend(); ++size) {
        text += (size == world.sizes.rbegin() ? " " : "; ") + std::to_string(size->members) +
                " members " + std::to_string(size->quick) + " quick, " +
                std::to_string(size->normal) + " normal, " + std::to_string(size->full) + " full";
    }
    return text;
}

// CPU seconds of a job with 128 members, and of more by their number.
double weight_of(const DetectionWorld& world) {
    double weight = 0;
    for (const WorldSize& size : world.sizes) weight = std::max(weight, size.members / 128.0);
    return weight;
}

void add_world(Catalogue& all, const DetectionWorld& world) {
    all.experiments.push_back(
        {.id = world.experiment(),
         .weight = weight_of(world),
         .jobs = [&world](const Scale& s) { return world_jobs(world, s).size(); },
         .run =
             [&world](const Scale& s, std::size_t job, std::uint64_t) {
                 return run_world(world, world_jobs(world, s)[job]).measurement();
             }});
    all.rows.push_back(
        {.id = world.id,
         .paper = "fast",
         .target = world.target,
         .scenario = world.scenario,
         .free_parameters = "",
         .tolerance = words_for(bars_of(world)),
         .repetition = seeds_in_words(world),
         .experiments = {world.experiment()},
         .judge = [&world](const Scale& s,
                           const Results& results) { return judge_world(world, s, results); },
         .table =
             [&world](const Scale& s, const Results& results) {
                 return world_table(world_cells(world, s, results));
             }});
}

}  // namespace

void add_fast_detection(Catalogue& all) {
    for (const DetectionWorld& world : detection_worlds()) add_world(all, world);
    all.experiments.push_back(
        {.id = kPausesExperiment,
         .weight = 1,
         .jobs = [](const Scale& s) { return pause_jobs(s).size(); },
         .run = [](const Scale& s, std::size_t job, std::uint64_t) -> Measurement {
             return {run_pauses(pause_jobs(s)[job])};
         }});
    all.rows.push_back(
        {.id = "D16",
         .paper = "fast",
         .target = "How long a member may be away",
         .scenario = "One member of 128 at a time is away for some seconds and comes back: its "
                     "process is stopped, its whole host stands still, or its process is killed "
                     "and started again. Counted are those that any other declared dead.",
         .free_parameters = "",
         .tolerance = "fast: of those whose whole host was silent for at most 1.5 s or that were "
                      "restarted within 1.5 s none, of those stopped for 8 s none, for 15 s all",
         .repetition = "runs of four members for each length, kind and profile: 1 quick, 9 normal, "
                       "25 full",
         .experiments = {kPausesExperiment},
         .judge = judge_pauses,
         .table = [](const Scale& s, const Results& results) {
             return pause_table(pause_cells(s, results));
         }});
}

}  // namespace rollcall::sim::papers
