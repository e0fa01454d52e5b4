// SPDX-License-Identifier: Apache-2.0
//
// A row of the table: one published result, the experiment that reproduces it, and the tolerance.
// Tolerances were fixed before the first run and are never fitted to one.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "sim/papers/frame/experiment.h"
#include "sim/papers/statistics/quantiles.h"

namespace rollcall::sim::papers {

// One number of the paper, and ours.
struct Figure {
    enum class Verdict : std::uint8_t { holds, fails, none };  // none: shown, not judged

    std::string name;
    std::string published;  // with its unit; "" when the paper has none
    double simulated = 0;
    Band interval;        // of ours: 95 % by bootstrap or Poisson, or 5-95 % of the runs
    std::string allowed;  // as text: "1.500 to 1.530"
    Verdict verdict = Verdict::none;

    // The verdict is whether the simulated figure lies in the band.
    void must_be_in(const Band& band);
};

struct Row {
    std::string id;     // "S1"
    std::string paper;  // "swim", "lifeguard", "rapid", "epidemic"; "fast": ours
    std::string target;
    std::string scenario;
    std::string free_parameters;  // what the paper leaves open, and our choice; "" for none
    std::string tolerance;
    std::string repetition;  // what --reps counts, and its number for each effort
    std::vector<std::string> experiments;
    std::function<std::vector<Figure>(const Scale&, const Results&)> judge;
    // The figures in Markdown, where a list of them would be too long. Rows of papers have none.
    std::function<std::string(const Scale&, const Results&)> table = {};
};

// True if at least one figure was judged and none fails.
[[nodiscard]] bool reproduced(const std::vector<Figure>& figures);

// "holds" when `good`.
[[nodiscard]] constexpr Figure::Verdict verdict_of(bool good) {
    return good ? Figure::Verdict::holds : Figure::Verdict::fails;
}
// Four significant digits, without trailing zeros: "1.582", "0.0123", "12460".
[[nodiscard]] std::string number(double value);
[[nodiscard]] std::string range(const Band& band);  // "1.5 to 1.53"
// `value` plus or minus a share of it.
[[nodiscard]] constexpr Band within(double value, double share) {
    return {value * (1 - share), value * (1 + share)};
}

}  // namespace rollcall::sim::papers
