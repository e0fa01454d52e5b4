// SPDX-License-Identifier: Apache-2.0
#include "cli/watching.h"

#include <algorithm>
#include <ctime>

#include "cli/terminal/screen.h"

namespace rollcall::cli {

bool has_screen(const Context& context) {
    return context.terminal && context.environment("TERM").value_or("dumb") != "dumb" &&
           window_size(context.out).has_value();
}

std::string clock_text() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    char text[16];
    if (localtime_r(&now, &parts) == nullptr) return "";
    return {text, std::strftime(text, sizeof text, "%H:%M:%S", &parts)};
}

std::string one_line(std::string_view json) {
    std::string line;
    line.reserve(json.size() / 2);
    for (std::size_t at = 0; at < json.size();) {
        if (json[at] != '\n') {
            line += json[at++];
            continue;
        }
        at = std::min(json.find_first_not_of(" \n", at), json.size());
    }
    return line + '\n';
}

}  // namespace rollcall::cli
