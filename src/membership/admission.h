// SPDX-License-Identifier: Apache-2.0
//
// Which claims may enter the member table at all (rules S6 and S9): checks their fields and how
// many their source reported, and makes the entry of a new member. What is refused is counted by
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

    // --- rule S9: a name that the network reports -------------------------------------------
    // False: refused, or to be asked first.
    [[nodiscard]] bool may_be_reported(Time now, const wire::Alive& claim, std::uint16_t port,
                                       const Hearsay::Source& source);
    // The table is full: the stranger whose place a member takes that announces itself.
    [[nodiscard]] std::optional<MemberId> giving_way(Time now, const Hearsay::Source& source);

private:
    // How many strangers gave way in this second.
    class Displaced {
    public:
        static constexpr unsigned kMost = 64;
        static constexpr std::uint8_t kMostOfSource = 8;

        [[nodiscard]] bool take(std::uint8_t bucket) {
            if (all_ == kMost || by_source_[bucket] == kMostOfSource) return false;
            ++all_;
            ++by_source_[bucket];
            return true;
        }

    private:
        unsigned all_ = 0;
        std::array<std::uint8_t, 256> by_source_{};  // by its bucket
    };
    [[nodiscard]] bool is_full() const;

    Context& context_;
    std::size_t cursor_ = 0;
    Time second_ = Time::min();
    Displaced displaced_;  // since that moment
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
