// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with something that somebody wrote: where, which field, what it says, and what is
// allowed there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::sim {

struct Problem {
    unsigned line = 0;  // of the file; 0: of no line
    std::string field;
    std::string value;
    std::string allowed;

    // "crash.txt:12: probe_interval: 'fast' is not allowed; allowed: ..."; without file and line
    // where there is none.
    [[nodiscard]] std::string to_string(std::string_view file = {}) const {
        std::string text{file};
        if (line > 0) text += (text.empty() ? "line " : ":") + std::to_string(line);
        if (!text.empty()) text += ": ";
        text += field + ": ";
        text += value.empty() ? "nothing given" : "'" + value + "' is not allowed";
        return text + "; allowed: " + allowed;
    }
};
using Problems = std::vector<Problem>;

}  // namespace rollcall::sim
