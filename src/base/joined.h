// SPDX-License-Identifier: Apache-2.0
//
// A comma-separated list: "a, b, c".
#pragma once

#include <string>
#include <vector>

namespace rollcall {

[[nodiscard]] inline std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        if (!all.empty()) all += ", ";
        all += text;
    }
    return all;
}

}  // namespace rollcall
