// SPDX-License-Identifier: Apache-2.0
//
// An experiment of a paper, split into independent jobs: each depends on its number and its seed
// alone, so that any number of threads and machines give the same measurements. A Row (row.h)
// compares them with the paper's figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::sim::papers {

// How much is run. Each row defines its own repetition.
struct Scale {
    enum class Effort : std::uint8_t {
        quick,   // all rows within minutes: for every change
        normal,  // enough to decide each row
        full,    // as often as the paper did
    };
    Effort effort = Effort::normal;
    std::optional<unsigned> reps = {};  // overrides the effort's number; 1..1'000'000

    template <class Number>
    [[nodiscard]] Number pick(Number quick, Number normal, Number full) const {
        if (reps) return static_cast<Number>(*reps);
        return effort == Effort::quick ? quick : effort == Effort::normal ? normal : full;
    }
};

// The results of one job, in an order that the experiment defines.
using Measurement = std::vector<double>;

struct Experiment {
    std::string id;     // "swim/first-detection": [a-z0-9/-]+
    double weight = 1;  // rough CPU seconds per job: long jobs run first
    std::function<std::size_t(const Scale&)> jobs;
    std::function<Measurement(const Scale&, std::size_t job, std::uint64_t seed)> run;
};

// By experiment, then by job. A job that was not run (of another shard) has an empty measurement.
using Results = std::map<std::string, std::vector<Measurement>, std::less<>>;

// The fixed seed of a job.
[[nodiscard]] std::uint64_t seed_of(std::string_view experiment, std::size_t job);

}  // namespace rollcall::sim::papers
