// SPDX-License-Identifier: Apache-2.0
//
// An error in a scenario file or on the command line: line, field, value, and what is allowed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::sim {

struct Problem {
    unsigned line = 0;  // of the file; 0: none
    std::string field;
    std::string value;
    std::string allowed;

    // "crash.txt:12: probe_interval: 'fast' is not allowed; allowed: ..."; file and line may be
    // absent.
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
