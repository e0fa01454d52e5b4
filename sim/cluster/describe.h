// SPDX-License-Identifier: Apache-2.0
//
// The core's events in words, one line each, for stories: what happened, about whom, who said so.
#pragma once

#include <string>

#include "membership/events.h"

namespace rollcall::sim {

[[nodiscard]] std::string describe(const membership::Event& event);

}  // namespace rollcall::sim
