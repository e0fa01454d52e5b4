// SPDX-License-Identifier: Apache-2.0
//
// Which rollcall this is.
#pragma once

#include <string>

#include "base/version.h"

namespace rollcall::cli {

// The lines of `rollcall version`. The second says which versions of Serf's protocol are spoken.
[[nodiscard]] inline std::string version_text() {
    return "rollcall v" + std::string{kVersionNumber} +
           "\nAgent Protocol: 5 (Understands back to: 2)\n";
}

}  // namespace rollcall::cli
