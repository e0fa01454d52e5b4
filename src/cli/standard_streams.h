// SPDX-License-Identifier: Apache-2.0
//
// The three descriptors that everybody takes for granted. A program started with one of them closed
// (`rollcall members >&-`, a bare supervisor) would get the next socket or file it opens under that
// number, and write its output or log into it. Called first thing in main(), once.
#pragma once

namespace rollcall::cli {

// Puts something harmless in the place of each of 0, 1 and 2 that is closed: reading ends at once,
// and writing fails as on a closed stream, so that an answer that goes nowhere is still an error.
void occupy_standard_streams();

}  // namespace rollcall::cli
