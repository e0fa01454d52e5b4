// SPDX-License-Identifier: Apache-2.0
//
// Manual pages, made from the tables of commands and settings, so that they have what this version
// has: rollcall(1), one page for each command, and rollcall-settings(5). In the language of man(7),
// which every roff and mandoc reads. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace rollcall::cli {

// Names of their files: "rollcall.1", "rollcall-agent.1", ..., "rollcall-settings.5".
[[nodiscard]] std::vector<std::string> man_page_names(const CommandTable& commands);
// `name`: one of these, or without "rollcall-" or the section ("agent", "settings"); nullopt if
// there is none.
[[nodiscard]] std::optional<std::string> man_page(std::string_view name,
                                                  const CommandTable& commands);

// The page of the settings: cli/man_settings.cpp.
[[nodiscard]] std::string settings_man_page();

}  // namespace rollcall::cli
