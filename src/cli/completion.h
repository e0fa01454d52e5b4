// SPDX-License-Identifier: Apache-2.0
//
// What makes a shell complete our command lines: a script for each shell, written from the table of
// commands, so that it knows every flag there is. A placeholder says what may follow: "a|b" one of
// these words, "PATH" a file, "ADDRESS" also "unix:" and a file; anything else is for the user to
// know. Pure functions.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace rollcall::cli {

inline constexpr std::array<std::string_view, 3> kShells{"bash", "fish", "zsh"};

// Nullopt: no shell that we know.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell,
                                                           const CommandTable& commands);

}  // namespace rollcall::cli
