// SPDX-License-Identifier: Apache-2.0
//
// The tables of a comparison, in Markdown: one line for each size and profile of a world, and one
// for each length of an absence.
#pragma once

#include <string>
#include <vector>

#include "sim/papers/fast/pauses.h"
#include "sim/papers/fast/run.h"
#include "sim/papers/fast/worlds.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

// The sum of all runs of one size and profile.
struct WorldCell {
    unsigned members = 0;
    const ComparedProfile* profile = nullptr;
    WorldOutcome outcome;
};
// The smallest size first; profiles in their order. Cells without a run are left out.
[[nodiscard]] std::vector<WorldCell> world_cells(const DetectionWorld& world, const Scale& scale,
                                                 const Results& results);
[[nodiscard]] std::string world_table(const std::vector<WorldCell>& cells);

struct PauseCell {
    const ComparedProfile* profile = nullptr;
    Absence absence = Absence::stopped;
    Duration length{};
    double dead = 0, of = 0;  // members
};
// By length, then by kind, then by profile.
[[nodiscard]] std::vector<PauseCell> pause_cells(const Scale& scale, const Results& results);
[[nodiscard]] std::string pause_table(const std::vector<PauseCell>& cells);

}  // namespace rollcall::sim::papers
