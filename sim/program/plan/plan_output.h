// SPDX-License-Identifier: Apache-2.0
//
// The results of a plan, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "sim/program/answer/console.h"
#include "sim/program/plan/plan.h"

namespace rollcall::sim {

struct PlanReport {
    const Scenario& scenario;  // without the varied values
    const std::vector<PlanPoint>& points;
    const std::vector<PlanFigures>& figures;
    const PlanOptions& options;
    double took_s = 0;  // of real time
};

[[nodiscard]] std::string plan_text(const PlanReport& report, const Console& console);
// One object, with a line break at the end.
[[nodiscard]] std::string plan_json(const PlanReport& report);

}  // namespace rollcall::sim
