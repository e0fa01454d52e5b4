// SPDX-License-Identifier: Apache-2.0
//
// How much room text takes on a terminal: wide characters (CJK, emoji) two columns, combining marks
// none. By a table of our own, so that a result depends on neither the locale nor the C library. A
// sequence takes what its characters take; terminals that draw some of them as one (flags,
// families) leave a gap. Text must be sanitized before (base/sanitize.h); an invalid byte takes one
// column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rollcall::cli {

// The width in columns.
[[nodiscard]] std::size_t width_of(std::string_view text);
// The text if it fits into so many columns, else its beginning and "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);
// The same, and padded with spaces to exactly so many columns.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns);

}  // namespace rollcall::cli
