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
};
[[nodiscard]] std::span<const Paper> papers();

struct Catalogue {
    std::vector<Experiment> experiments;
    std::vector<Row> rows;
};
// All, in the order of the papers.
[[nodiscard]] const Catalogue& catalogue();

// The rows of a paper ("all": of every paper), or one row ("S3"); empty: unknown name.
[[nodiscard]] std::vector<const Row*> rows_named(std::string_view name);
// The experiments that those rows need, each once.
[[nodiscard]] std::vector<const Experiment*> experiments_of(const std::vector<const Row*>& rows);

}  // namespace rollcall::sim::papers
