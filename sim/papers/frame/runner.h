// SPDX-License-Identifier: Apache-2.0
//
// Runs experiments on threads. The results depend on the scale alone, not on the number of threads
// or the order in which jobs end. Experiments are called from several threads at once and share
// nothing.
#pragma once

#include <functional>
#include <vector>

#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

struct Progress {
    double done = 0;  // of the whole weight, 0..1
    std::size_t jobs_done = 0, jobs = 0;
};

struct RunPlan {
    Scale scale;
    unsigned threads = 1;        // at least 1
    unsigned shard = 1, of = 1;  // 1 <= shard <= of; a machine's part of the jobs
    std::function<void(const Progress&)> progress = {};  // from any thread, one call at a time
};

[[nodiscard]] Results run_experiments(const std::vector<const Experiment*>& experiments,
                                      const RunPlan& plan);

}  // namespace rollcall::sim::papers
