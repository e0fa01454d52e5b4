// SPDX-License-Identifier: Apache-2.0
//
// Text of others, made fit for a terminal: names, tags and errors come from the network, and a
// control character in them could repaint the screen. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace rollcall::cli {

// As rollcall::sanitize_text has it: control characters and the like as \xNN.
[[nodiscard]] std::string harmless(std::string_view text);
// The same, but newlines and tabs stay: for text that may have several lines.
[[nodiscard]] std::string harmless_lines(std::string_view text);

// How many columns the text takes: characters, not bytes.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace rollcall::cli
