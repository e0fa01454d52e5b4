// SPDX-License-Identifier: Apache-2.0
//
// The language of scenario files as tables, made from those that the parser reads by.
#pragma once

#include <string>

namespace rollcall::sim {

// In Markdown, readable as plain text; docs/simulation.md has it word for word.
[[nodiscard]] std::string language_tables();
[[nodiscard]] std::string figure_table();

}  // namespace rollcall::sim
