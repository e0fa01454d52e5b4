// SPDX-License-Identifier: Apache-2.0
//
// For file.cpp and file_steps.cpp: the lines about an adversary.
#pragma once

#include <optional>
#include <string_view>

#include "sim/scenario/language/line_reader.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// After the word "adversary": "outside", or powers with commas between.
[[nodiscard]] AdversaryPowers read_powers(LineReader& line);
// After one of the verbs: what, on which nodes, how fast.
[[nodiscard]] action::Attack read_attack(LineReader& line, const Scenario& scenario,
                                         std::string_view verb);
// After "retreat".
[[nodiscard]] action::Retreat read_retreat(LineReader& line);

}  // namespace rollcall::sim
