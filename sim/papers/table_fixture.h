// SPDX-License-Identifier: Apache-2.0
//
// A member table without a node, for experiments that need only the core's random choices.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/check.h"
#include "membership/member_table.h"

namespace rollcall::sim::papers {

// Adds `count` members m0, m1, ..., all alive, to an empty table; their ids in that order.
[[nodiscard]] inline std::vector<MemberId> add_members(membership::MemberTable& table,
                                                       std::size_t count) {
    table.reserve(count);
    std::vector<MemberId> ids;
    ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::string name{'m'};
        name += std::to_string(i);
        const auto id = table.insert({.name = name, .address = WireAddress::v4(10, 0, 0, 1)});
        ROLLCALL_CHECK(id.has_value());
        table.set_state(*id, membership::State::alive, Time{});
        ids.push_back(*id);
    }
    return ids;
}

}  // namespace rollcall::sim::papers
