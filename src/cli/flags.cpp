// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/nearest.h"

namespace rollcall::cli {

namespace {

constexpr std::array<std::string_view, 6> kTrueWords{"1", "t", "T", "true", "TRUE", "True"};
constexpr std::array<std::string_view, 6> kFalseWords{"0", "f", "F", "false", "FALSE", "False"};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

Failure unknown_flag(std::string_view typed, std::span<const FlagShape> shapes) {
    std::vector<std::string_view> names;
    names.reserve(shapes.size());
    for (const FlagShape& shape : shapes) names.push_back(shape.name);
    const std::string_view near = nearest(typed, names);
    Failure failure{.message = "unknown flag: --" + std::string{typed}};
    if (!near.empty()) failure.hint = "did you mean --" + std::string{near} + "?";
    return failure;
}

}  // namespace

Result<NormalArguments, std::vector<Failure>> normalise(std::span<const std::string> arguments,
                                                        std::span<const FlagShape> shapes) {
    NormalArguments normal;
    std::vector<Failure> failures;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        if (word == "--") {
            normal.positionals.insert(normal.positionals.end(),
                                      arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                      arguments.end());
            break;
        }
        if (word.size() < 2 || word.front() != '-') {  // "-" alone is an argument like any other
            normal.positionals.emplace_back(word);
            continue;
        }
        const std::string_view body = word.substr(word[1] == '-' ? 2 : 1);
        const std::size_t equals = body.find('=');
        const std::string_view name = body.substr(0, equals);
        if (name == "h" || name == "help") {
            normal.wants_help = true;
            return normal;
        }
        const auto shape = std::find_if(shapes.begin(), shapes.end(),
                                        [&](const FlagShape& s) { return s.name == name; });
        if (shape == shapes.end()) {
            failures.push_back(unknown_flag(name, shapes));
            continue;
        }

        const std::string flag = "--" + std::string{name};
        if (!shape->takes_value) {
            if (equals == std::string_view::npos) {
                normal.flags.push_back(flag);
                continue;
            }
            const std::string_view value = body.substr(equals + 1);
            const bool yes = is_one_of(value, kTrueWords);
            if (!yes && !is_one_of(value, kFalseWords)) {
                failures.push_back(
                    {.message = flag + ": '" + std::string{value} + "' is neither true nor false"});
                continue;
            }
            normal.flags.push_back(flag + (yes ? "=true" : "=false"));
        } else if (equals != std::string_view::npos) {
            normal.flags.push_back(flag);
            normal.flags.emplace_back(body.substr(equals + 1));
        } else if (i + 1 < arguments.size()) {
            // The next word is the value, even if it looks like a flag, as with Serf.
            normal.flags.push_back(flag);
            normal.flags.push_back(arguments[++i]);
        } else {
            failures.push_back({.message = flag + " needs a value"});
        }
    }
    if (!failures.empty()) return failures;
    return normal;
}

}  // namespace rollcall::cli
