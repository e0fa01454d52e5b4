// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/row.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace rollcall::sim::papers {

void Figure::must_be_in(const Band& band) {
    allowed = range(band);
    verdict = verdict_of(band.holds(simulated));
}

bool reproduced(const std::vector<Figure>& figures) {
    const auto any = [&](Figure::Verdict what) {
        return std::ranges::any_of(figures, [&](const Figure& f) { return f.verdict == what; });
    };
    return any(Figure::Verdict::holds) && !any(Figure::Verdict::fails);
}

std::string number(double value) {
    if (std::isnan(value)) return "none";
    if (value == 0) return "0";
    const double size = std::abs(value);
    char text[64];
    if (size < 1e-3) {
        std::snprintf(text, sizeof text, "%.2e", value);
        return text;
    }
    const int digits = std::max(0, 3 - static_cast<int>(std::floor(std::log10(size))));
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    std::string shown = text;
    if (shown.find('.') != std::string::npos) {
        shown.erase(shown.find_last_not_of('0') + 1);
        if (shown.back() == '.') shown.pop_back();
    }
    return shown;
}

std::string range(const Band& band) {
    return number(band.low) + " to " + number(band.high);
}

}  // namespace rollcall::sim::papers
