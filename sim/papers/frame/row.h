// SPDX-License-Identifier: Apache-2.0
//
// A row of the table: one published result, the experiment that is to give it again, and how near
// is near enough. Tolerances were written down before the first run and are never fitted to one.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "sim/papers/frame/experiment.h"
#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

// One number of the paper beside ours.
struct Figure {
    enum class Says : std::uint8_t { holds, fails, nothing };  // nothing: shown, not judged

    std::string name;
    std::string published;  // with its unit; "" when the paper has none
    double simulated = 0;
    Band interval;        // of ours: 95 % by bootstrap or Poisson, or 5-95 % of the runs
    std::string allowed;  // what would hold, in words: "1.500 to 1.530"
    Says says = Says::nothing;

    // Judged by whether the simulated figure lies within.
    void must_be_in(const Band& band);
};

struct Row {
    std::string id;     // "S1"
    std::string paper;  // "swim", "lifeguard", "rapid", "epidemic"
    std::string target;
    std::string scenario;
    std::string free_parameters;  // what the paper leaves open, and what we took; "" for none
    std::string tolerance;
    std::string repetition;  // what --reps counts, and how often the three efforts do it
    std::vector<std::string> experiments;
    std::function<std::vector<Figure>(const Scale&, const Results&)> judge;
};

// Reproduced when at least one figure was judged and none fails.
[[nodiscard]] bool reproduced(const std::vector<Figure>& figures);

// "holds" when `good`.
[[nodiscard]] constexpr Figure::Says says(bool good) {
    return good ? Figure::Says::holds : Figure::Says::fails;
}
// Four digits that count, without trailing zeros after the point: "1.582", "0.0123", "12460".
[[nodiscard]] std::string number(double value);
[[nodiscard]] std::string range(const Band& band);  // "1.5 to 1.53"
// `value` give or take a share of it.
[[nodiscard]] constexpr Band within(double value, double share) {
    return {value * (1 - share), value * (1 + share)};
}

}  // namespace rollcall::sim::papers
