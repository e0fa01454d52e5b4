// SPDX-License-Identifier: Apache-2.0
//
// For file.cpp: the two kinds of lines with a grammar of their own, steps and expectations.
#pragma once

#include <optional>
#include <vector>

#include "sim/scenario/language/line_reader.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// "at 30s crash n7 for 10s", "every 10s from 20s to 80s restart n2", "at 5s one every 2s leave
// n1..n5": unsorted steps. Uses the length and the links of `scenario`. `named` counts the nodes
// that all steps name.
void read_steps(LineReader& line, const Scenario& scenario, std::vector<Step>& steps,
                std::size_t& named);

// Reads the rest of the line after "expect".
[[nodiscard]] std::optional<Expectation> read_expectation(LineReader& line,
                                                          const Scenario& scenario);

}  // namespace rollcall::sim
