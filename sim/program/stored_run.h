// SPDX-License-Identifier: Apache-2.0
//
// A run in a file: its scenario as it was written, with what the command line changed, and two more
// lines, seed and hash. Anybody can read it, run it, and change it into something else.
#pragma once

#include <string>
#include <string_view>

#include "sim/program/answer/console.h"
#include "sim/program/choice.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

// The text of such a file.
[[nodiscard]] std::string stored_text(std::string_view text, const ScenarioChoice& choice,
                                      std::uint64_t seed, std::uint64_t hash);
// Empty, or why it could not be written.
[[nodiscard]] std::string store_run(const std::string& path, std::string_view text,
                                    const ScenarioChoice& choice, const RunResult& result,
                                    const Console& console);

}  // namespace rollcall::sim
