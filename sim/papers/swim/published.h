// SPDX-License-Identifier: Apache-2.0
//
// Settings whose members speak the protocol as memberlist and the papers have it. Every experiment
// that repeats a published one starts from them: rules F1 to F7 are ours and came later.
#pragma once

#include "membership/config.h"

namespace rollcall::sim::papers {

[[nodiscard]] inline membership::Config as_published(membership::Config config = {}) {
    config.variant.looking = false;
    return config;
}

}  // namespace rollcall::sim::papers
