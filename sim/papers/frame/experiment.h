// SPDX-License-Identifier: Apache-2.0
//
// An experiment of a paper, cut into jobs that know nothing of each other: each is decided by its
// number and its seed, so that they can run on any number of threads and machines and give the same
// measurements. What the measurements mean for the paper's figures is a Row's business (row.h).
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

// How much is to be run. Rows say what their repetition is.
struct Scale {
    enum class Effort : std::uint8_t {
        quick,   // all rows together within minutes: for every change
        normal,  // enough to decide each row
        full,    // as often as the paper did
    };
    Effort effort = Effort::normal;
    std::optional<unsigned> reps = {};  // instead of the effort's own number; 1..1'000'000

    template <class Number>
    [[nodiscard]] Number pick(Number quick, Number normal, Number full) const {
        if (reps) return static_cast<Number>(*reps);
        return effort == Effort::quick ? quick : effort == Effort::normal ? normal : full;
    }
};

// What one job measured: numbers in an order that the experiment defines.
using Measurement = std::vector<double>;

struct Experiment {
    std::string id;     // "swim/first-detection": [a-z0-9/-]+
    double weight = 1;  // seconds of one core that a job takes, roughly: the long ones go first
    std::function<std::size_t(const Scale&)> jobs;
    std::function<Measurement(const Scale&, std::size_t job, std::uint64_t seed)> run;
};

// By experiment, then by job. A job that was not run (another shard's) has an empty measurement.
using Results = std::map<std::string, std::vector<Measurement>, std::less<>>;

// Of a job: the same for ever.
[[nodiscard]] std::uint64_t seed_of(std::string_view experiment, std::size_t job);

}  // namespace rollcall::sim::papers
