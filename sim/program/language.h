// SPDX-License-Identifier: Apache-2.0
//
// The language of scenario files as tables, generated from the parser's own.
#pragma once

#include <string>

namespace rollcall::sim {

// Markdown; docs/simulation.md has them word for word.
[[nodiscard]] std::string language_tables();
[[nodiscard]] std::string figure_table();

}  // namespace rollcall::sim
