// SPDX-License-Identifier: Apache-2.0
//
// `rollcall demo --story`: five agents find each other, one is killed, one leaves; what the others
// noticed and when is printed and checked. Ends within 40 s. One thread.
#pragma once

#include "cli/demo/demo.h"

namespace rollcall::cli {

// Returns the exit code: 1 if a step failed, with the reason on standard error; 130 after Ctrl-C.
[[nodiscard]] int play_story(Demo& demo, const Context& context);

}  // namespace rollcall::cli
