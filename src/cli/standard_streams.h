// SPDX-License-Identifier: Apache-2.0
//
// Ensures that the descriptors 0, 1 and 2 are open. If a program is started with one of them closed
// (`rollcall members >&-`, a bare supervisor), the next socket or file that it opens gets that
// number, and its output or log would go there. Called once, first in main().
#pragma once

namespace rollcall::cli {

// Opens a replacement for each of 0, 1 and 2 that is closed: reading returns end of file, and
// writing fails as on a closed stream, so that a lost answer is still an error.
void occupy_standard_streams();

}  // namespace rollcall::cli
