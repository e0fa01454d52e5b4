// SPDX-License-Identifier: Apache-2.0
//
// The profiles that are compared, each in a whole cluster or in half of one.
#pragma once

#include <string>
#include <vector>

#include "membership/config.h"

namespace rollcall::sim::papers {

struct ComparedProfile {
    std::string name;  // as in the tables
    membership::Config config;
    // One member in so many has it; the others have "lan as published".
    unsigned one_in = 1;
};

// Today's published behaviour: the profile that all others are measured against.
inline constexpr const char* kPublishedLan = "lan as published";

// "lan as published", "lan", "fast".
[[nodiscard]] const std::vector<ComparedProfile>& usual_profiles();
// The same, and "fast-wan".
[[nodiscard]] const std::vector<ComparedProfile>& distant_profiles();
// "lan as published", then shares of "lan" and "fast" among it.
[[nodiscard]] const std::vector<ComparedProfile>& mixed_profiles();

}  // namespace rollcall::sim::papers
