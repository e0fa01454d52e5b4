// SPDX-License-Identifier: Apache-2.0
//
// The core's events as text, one line each, for stories: what happened, to which member, by whose
// claim.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "membership/events.h"
#include "membership/member_table.h"

namespace rollcall::sim {

[[nodiscard]] std::string describe(const membership::Event& event);

// A member's new state as the node sees it that emitted the event. Borrowed from the event.
struct SightedState {
    std::string_view name;
    membership::State state = membership::State::alive;
};
[[nodiscard]] std::optional<SightedState> sighted_in(const membership::Event& event);

}  // namespace rollcall::sim
