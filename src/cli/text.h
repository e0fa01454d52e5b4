// SPDX-License-Identifier: Apache-2.0
//
// Sanitizes text from the network for a terminal: control characters in names, tags and errors
// could repaint the screen. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace rollcall::cli {

// As rollcall::sanitize_text: control characters and the like as \xNN.
[[nodiscard]] std::string sanitized(std::string_view text);
// Keeps newlines and tabs, for text that may have several lines.
[[nodiscard]] std::string sanitized_lines(std::string_view text);

// The width in columns: characters, not bytes.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace rollcall::cli
