// SPDX-License-Identifier: Apache-2.0
#include "agent/log/level.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rollcall::agent {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames{"TRACE", "DEBUG", "INFO", "WARN", "ERR"};

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
    for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
        if (std::ranges::equal(text, kLevelNames[i], [](char given, char wanted) {
                return given == wanted || (given >= 'a' && given - 'a' + 'A' == wanted);
            })) {
            return static_cast<Level>(i);
        }
    }
    return {};
}

std::string_view to_string(Level level) {
    return kLevelNames[static_cast<std::size_t>(level)];
}

}  // namespace rollcall::agent
