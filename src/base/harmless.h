// SPDX-License-Identifier: Apache-2.0
//
// Text that others chose, made fit to be shown: names, tags and errors come from the network, and
// what is in them could repaint a terminal, forge a line of a log, or show a name as another one.
// Pure; knows nothing of terminals or logs. Unicode 15, table 3-7, says what is UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace rollcall {

// As \xNN, byte by byte: C0 and C1 controls and DEL, line and paragraph separators, marks that turn
// the direction of writing, and bytes that are no UTF-8 (some terminals take 0x9b for ESC [). The
// rest is unchanged, and so are the ASCII characters in `spared`. What comes out is UTF-8.
[[nodiscard]] std::string harmless_text(std::string_view text, std::string_view spared = {});

}  // namespace rollcall
