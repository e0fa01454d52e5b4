// SPDX-License-Identifier: Apache-2.0
//
// The version of this program.
#pragma once

#include <string>

#include "base/version.h"

namespace rollcall::cli {

// The lines of `rollcall version`. The second has the supported versions of Serf's protocol.
[[nodiscard]] inline std::string version_text() {
    return "rollcall v" + std::string{kVersionNumber} +
           "\nAgent Protocol: 5 (Understands back to: 2)\n";
}

}  // namespace rollcall::cli
