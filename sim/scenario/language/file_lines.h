// SPDX-License-Identifier: Apache-2.0
//
// The two kinds of lines that have a grammar of their own, for file.cpp: what is done, and what is
// expected.
#pragma once

#include <optional>
#include <vector>

#include "sim/scenario/language/line_reader.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// "at 30s crash n7 for 10s", "every 10s from 20s to 80s restart n2", "at 5s one every 2s leave
// n1..n5": steps in no order yet. `scenario` is borrowed: how long it is, and its links.
// `named` counts the nodes that all steps name.
void read_steps(LineReader& line, const Scenario& scenario, std::vector<Step>& steps,
                std::size_t& named);

// What follows "expect".
[[nodiscard]] std::optional<Expectation> read_expectation(LineReader& line,
                                                          const Scenario& scenario);

}  // namespace rollcall::sim
