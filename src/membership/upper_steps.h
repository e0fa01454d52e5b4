// SPDX-License-Identifier: Apache-2.0
//
// Rule S5: how fast others may raise a member's incarnation in the upper half of the range: a burst
// of one step, then kPerSecond. So a forger needs years, not seconds, to use up the numbers. Counts
// per member, and only members that are that high; a bounded number of them. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ids.h"
#include "base/time.h"
#include "membership/claims.h"

namespace rollcall::membership {

class UpperSteps {
public:
    static constexpr std::uint32_t kPerSecond = 16;  // numbers
    static constexpr std::size_t kMostMembers = 4096;

    // Takes `step` numbers of the member. False: too fast, nothing is taken.
    bool take(Time now, MemberId member, std::uint32_t step) {
        constexpr Duration whole =
            std::chrono::seconds{1} * (kIncarnations.upper_step / kPerSecond);
        if (step > kIncarnations.upper_step) return false;
        const Duration cost = std::chrono::seconds{1} * step / kPerSecond;
        if (full_again_.size() >= kMostMembers && !full_again_.contains(member.value())) {
            std::erase_if(full_again_, [&](const auto& entry) { return entry.second <= now; });
            if (full_again_.size() >= kMostMembers) return false;
        }
        Time& full = full_again_.try_emplace(member.value(), now).first->second;
        const Time after = (full < now ? now : full) + cost;
        if (after - now > whole) return false;
        full = after;
        return true;
    }

private:
    std::unordered_map<std::uint32_t, Time> full_again_;  // by MemberId: when all is there again
};

}  // namespace rollcall::membership
