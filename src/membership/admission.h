// SPDX-License-Identifier: Apache-2.0
//
// Which claims may enter the member table at all (rule S6): checks their fields, and makes the
// entry of a new member. What is refused is counted by cause. Does not judge claims against each
// other.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "membership/context.h"
#include "wire/messages.h"

namespace rollcall::membership {

class Admission {
public:
    explicit Admission(Context& context) : context_{context} {}

    [[nodiscard]] bool acceptable(const wire::Alive& claim);
    [[nodiscard]] bool acceptable(const wire::Accusation& claim);
    [[nodiscard]] bool in_allowed_network(const WireAddress& address);
    // A new entry for it, at a random place of the ring. nullopt: refused and counted.
    std::optional<MemberId> admit(const wire::Alive& claim, std::uint16_t port);

private:
    Context& context_;
};

// What the claim announces; borrowed from it.
[[nodiscard]] inline Announcement announced(const wire::Alive& claim, std::uint16_t port) {
    return {.name = claim.node,
            .meta = as_text(claim.meta.value_or(Bytes{})),
            .address = claim.address,
            .port = port,
            .versions = *claim.versions};
}

}  // namespace rollcall::membership
