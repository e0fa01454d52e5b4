// SPDX-License-Identifier: Apache-2.0
//
// All rows and all experiments, by paper.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sim/papers/frame/experiment.h"
#include "sim/papers/frame/row.h"

namespace rollcall::sim::papers {

struct Paper {
    std::string_view name;  // as on the command line
    std::string_view title;
    // Its figures are compared with ours, in docs/papers.md. False: nothing is published, and our
    // own profiles are compared, in docs/detection.md.
    bool published = true;
};
[[nodiscard]] std::span<const Paper> papers();

struct Catalogue {
    std::vector<Experiment> experiments;
    std::vector<Row> rows;
};
// All, in the order of the papers.
[[nodiscard]] const Catalogue& catalogue();

// The rows of a paper ("all": of every published one), or one row ("S3"); empty: unknown name.
[[nodiscard]] std::vector<const Row*> rows_named(std::string_view name);
[[nodiscard]] bool is_published(const Row& row);
// The experiments that those rows need, each once.
[[nodiscard]] std::vector<const Experiment*> experiments_of(const std::vector<const Row*>& rows);
[[nodiscard]] std::vector<const Experiment*> all_experiments();

}  // namespace rollcall::sim::papers
