// SPDX-License-Identifier: Apache-2.0
//
// What became of one run, for people and for programs.
#pragma once

#include <string>

#include "sim/program/answer/console.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {

struct RunReport {
    const Scenario& scenario;
    const RunResult& result;
    double took_s = 0;    // of real time
    std::string again;    // the command that does the same
    bool watched = true;  // by the invariants
};

[[nodiscard]] std::string as_text(const RunReport& report, const Console& console);
// One object, ended by a line break.
[[nodiscard]] std::string as_json(const RunReport& report);

// "0x0123456789abcdef"
[[nodiscard]] std::string hash_text(std::uint64_t hash);
// Breaks at spaces so that no line is wider than `width`; every line is indented. Line breaks stay.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace rollcall::sim
