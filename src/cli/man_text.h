// SPDX-License-Identifier: Apache-2.0
//
// Text in the language of man(7). Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace rollcall::cli {

// Printed as it is: no character of it has a meaning for roff, and quotes and hyphens can be copied
// into a shell. A line end begins a paragraph.
[[nodiscard]] std::string in_roff(std::string_view text);
[[nodiscard]] std::string bold(std::string_view text);
[[nodiscard]] std::string italic(std::string_view text);
struct ManTitle {
    std::string_view name;     // "rollcall-agent"
    std::string_view section;  // "1": commands, "5": files
    std::string_view what;     // in a few words, for apropos
};
[[nodiscard]] std::string man_head(const ManTitle& title);
// A line that begins a section, or one within it.
[[nodiscard]] std::string man_section(std::string_view title);
[[nodiscard]] std::string man_group(std::string_view title);
// An item and the text indented below it; both are roff already.
[[nodiscard]] std::string man_item(std::string_view item, std::string_view text);

}  // namespace rollcall::cli
