// SPDX-License-Identifier: Apache-2.0
//
// Makes text from the network safe to print: names, tags and errors could contain bytes that
// control a terminal, forge a log line, or display one name as another.
// Pure; knows nothing of terminals or logs. UTF-8 as in Unicode 15, table 3-7.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rollcall {

// Escapes as \xNN, byte by byte: C0 and C1 controls and DEL, line and paragraph separators, bidi
// controls, and invalid UTF-8 (some terminals take 0x9b for ESC [). The rest is unchanged, and so
// are the ASCII characters in `spared`. The result is UTF-8.
[[nodiscard]] std::string sanitized(std::string_view text, std::string_view spared = {});
// Newlines and tabs are unchanged, for text of several lines.
[[nodiscard]] inline std::string sanitized_lines(std::string_view text) {
    return sanitized(text, "\n\t");
}
// At most `most` bytes of the text are used, cut between characters; "..." then ends the result.
[[nodiscard]] std::string sanitized_head(std::string_view text, std::size_t most);

}  // namespace rollcall
