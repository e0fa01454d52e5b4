// SPDX-License-Identifier: Apache-2.0
//
// What a test of a link does (rule L5, membership/link_tests.h). A value; checked by its user.
#pragma once

#include <chrono>
#include <string>

#include "base/endpoint.h"
#include "base/time.h"

namespace rollcall::membership {

struct LinkTestPlan {
    Endpoint target;
    std::string name;     // of the member expected there; "": any
    bool direct = true;   // false: relays only, to see whether others reach an address of ours
    unsigned relays = 3;  // members that are asked to ping the target
    Duration lasts = std::chrono::seconds{2};
};

}  // namespace rollcall::membership
