// SPDX-License-Identifier: Apache-2.0
//
// The result of one run, as text and as JSON.
#pragma once

#include <string>

#include "sim/program/answer/console.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

struct RunReport {
    const Scenario& scenario;
    const RunResult& result;
    double took_s = 0;    // of real time
    std::string again;    // the command that repeats the run
    bool watched = true;  // invariants were checked
};

[[nodiscard]] std::string as_text(const RunReport& report, const Console& console);
// One object, with a line break at the end.
[[nodiscard]] std::string as_json(const RunReport& report);

// "0x0123456789abcdef"
[[nodiscard]] std::string hash_text(std::uint64_t hash);
// Breaks lines at spaces to at most `width` columns; every line is indented. Line breaks are kept.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace rollcall::sim
