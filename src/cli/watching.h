// SPDX-License-Identifier: Apache-2.0
//
// What the commands with --watch share.
#pragma once

#include <string>
#include <string_view>

#include "cli/context.h"

namespace rollcall::cli {

// Whether the output is a terminal that can show a whole view; else what changes is printed again.
[[nodiscard]] bool has_screen(const Context& context);
// "12:00:00", of this host.
[[nodiscard]] std::string clock_text();
// A JSON document without the line breaks and indents between its parts; in strings there are none.
[[nodiscard]] std::string one_line(std::string_view json);

}  // namespace rollcall::cli
