// SPDX-License-Identifier: Apache-2.0
//
// Which claims may enter the member table at all (rules S6 and S9): checks their fields and how
// many their source told us of, and makes the entry of a new member. What is refused is counted by
// cause. Does not judge claims against each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
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

    // --- rule S9: a name that the network tells us of -------------------------------------------
    [[nodiscard]] bool may_be_told(Time now, const wire::Alive& claim, std::uint16_t port,
                                   const Hearsay::Source& source);
    // The table is full, and this member announces itself: the stranger whose place it takes.
    [[nodiscard]] std::optional<MemberId> giving_way(Time now, const Hearsay::Source& source);

private:
    static constexpr unsigned kDisplacedPerSecond = 64;
    static constexpr std::uint8_t kDisplacedBySource = 8;  // of them

    Context& context_;
    std::size_t cursor_ = 0;
    Time second_ = Time::min();
    unsigned displaced_ = 0;                        // since that moment
    std::array<std::uint8_t, 256> displaced_by_{};  // by the bucket of the source
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
