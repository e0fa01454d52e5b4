// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/tables.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "sim/papers/fast/measures.h"
#include "sim/papers/fast/network.h"
#include "sim/papers/frame/row.h"

namespace rollcall::sim::papers {
namespace {

// One digit after the point is all that so few runs can show; two where all is below one.
std::string in_short(double value) {
    if (value == 0) return "0";
    char text[40];
    std::snprintf(text, sizeof text, "%.*f", value < 1 ? 2 : value < 100 ? 1 : 0, value);
    return text;
}

std::string pair_of(const WorldOutcome& outcome, Measure median, Measure p99) {
    return in_short(value_of(median, outcome)) + " / " + in_short(value_of(p99, outcome));
}

const std::vector<Measurement>& measurements_of(const Results& results,
                                                const std::string& experiment, std::size_t jobs) {
    const auto found = results.find(experiment);
    ROLLCALL_CHECK(found != results.end() && found->second.size() == jobs);
    return found->second;
}

}  // namespace

std::vector<WorldCell> world_cells(const DetectionWorld& world, const Scale& scale,
                                   const Results& results) {
    const std::vector<WorldJob> jobs = world_jobs(world, scale);
    const auto& measurements = measurements_of(results, world.experiment(), jobs.size());
    std::vector<WorldCell> cells;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const WorldJob& job = jobs[i];
        auto cell = std::ranges::find_if(cells, [&](const WorldCell& c) {
            return c.members == job.members && c.profile == job.profile;
        });
        if (cell == cells.end()) {
            cells.push_back({.members = job.members, .profile = job.profile, .outcome = {}});
            cell = cells.end() - 1;
        }
        if (!measurements[i].empty()) cell->outcome.add(WorldOutcome::of(measurements[i]));
    }
    std::erase_if(cells, [](const WorldCell& cell) { return cell.outcome.all.empty(); });
    std::ranges::stable_sort(cells, {}, &WorldCell::members);
    return cells;
}

std::string world_table(const std::vector<WorldCell>& cells) {
    std::string text =
        "| N | profile | first knows, s | all know, s | FP | FP- | PV | false suspicions | "
        "packets/s | bytes/s | streams/s |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const WorldCell& cell : cells) {
        const auto of = [&](Measure measure) { return in_short(value_of(measure, cell.outcome)); };
        text += "| " + std::to_string(cell.members) + " | " + cell.profile->name + " | " +
                pair_of(cell.outcome, Measure::first_median, Measure::first_p99) + " | " +
                pair_of(cell.outcome, Measure::all_median, Measure::all_p99);
        for (const Measure measure :
             {Measure::false_positives, Measure::at_healthy, Measure::of_sick,
              Measure::false_suspicions, Measure::packets, Measure::bytes, Measure::streams}) {
            text += " | " + of(measure);
        }
        text += " |\n";
    }
    return text;
}

std::vector<PauseCell> pause_cells(const Scale& scale, const Results& results) {
    const std::vector<PauseJob> jobs = pause_jobs(scale);
    const auto& measurements = measurements_of(results, kPausesExperiment, jobs.size());
    std::vector<PauseCell> cells;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const PauseJob& job = jobs[i];
        auto cell = std::ranges::find_if(cells, [&](const PauseCell& c) {
            return c.profile == job.profile && c.absence == job.absence && c.length == job.length;
        });
        if (cell == cells.end()) {
            cells.push_back({.profile = job.profile, .absence = job.absence, .length = job.length});
            cell = cells.end() - 1;
        }
        if (measurements[i].empty()) continue;
        cell->dead += measurements[i].at(0);
        cell->of += static_cast<double>(kAbsencesOfOneRun);
    }
    return cells;
}

std::string pause_table(const std::vector<PauseCell>& cells) {
    std::string head = "| away for, s", line = "| ---";
    for (const Absence absence : kAbsences) {
        for (const ComparedProfile& profile : usual_profiles()) {
            head += " | " + std::string{words_for(absence)} + ": " + profile.name;
            line += " | ---";
        }
    }
    std::string text = head + " |\n" + line + " |\n";
    const PauseCell* before = nullptr;
    for (const PauseCell& cell : cells) {
        if (before == nullptr || before->length != cell.length) {
            if (before != nullptr) text += " |\n";
            text += "| " + number(seconds_of(cell.length));
        }
        text += " | " + number(cell.dead) + " of " + number(cell.of);
        before = &cell;
    }
    return text + (before != nullptr ? " |\n" : "");
}

}  // namespace rollcall::sim::papers
