// SPDX-License-Identifier: Apache-2.0
//
// Generates completion scripts for shells from the table of commands, so that they have every flag.
// A flag's placeholder decides what is completed: "a|b" these words, "PATH" files, "ADDRESS" also
// "unix:" and files; other placeholders nothing. Pure functions.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace rollcall::cli {

inline constexpr std::array<std::string_view, 3> kShells{"bash", "fish", "zsh"};

// Nullopt: unknown shell.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell,
                                                           const CommandTable& commands);

}  // namespace rollcall::cli
