// SPDX-License-Identifier: Apache-2.0
//
// The measurements of one shard as text, for merging: a line for each job, with every number to its
// last bit. Only results of the same effort and number of repetitions can be merged.
//
//     rollcall-sim papers 1 quick default          the head: format, effort, --reps
//     swim/first-ping 17 1.5720000000000001        experiment, job, measurement
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

[[nodiscard]] std::string write_results(const Scale& scale, const Results& results);

struct StoredResults {
    Scale scale;
    Results results;
};
// Merges all shards of one run. The error names the text by its place in `texts`, the line, and
// what is allowed. Missing and duplicate jobs are errors too.
[[nodiscard]] Result<StoredResults, std::string> read_results(
    const std::vector<std::string>& texts, const std::vector<const Experiment*>& known);

}  // namespace rollcall::sim::papers
