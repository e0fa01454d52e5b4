// SPDX-License-Identifier: Apache-2.0
//
// A run as a file: its scenario as written, with the changes of the command line, and two more
// lines, seed and hash. The file is a scenario itself.
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
// Empty, or the write error.
[[nodiscard]] std::string store_run(const std::string& path, std::string_view text,
                                    const ScenarioChoice& choice, const RunResult& result,
                                    const Console& console);

}  // namespace rollcall::sim
