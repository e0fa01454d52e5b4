// SPDX-License-Identifier: Apache-2.0
//
// How much may be done over time: so much at once, and then so much a second. Time is given.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace rollcall::serf {

class TokenBucket {
public:
    struct Limits {
        std::uint32_t burst = 1;       // tokens when full, as it begins
        std::uint32_t per_second = 1;  // not 0
    };
    constexpr explicit TokenBucket(Limits limits)
        : spacing_{Duration{std::chrono::seconds{1}} / limits.per_second},
          capacity_{spacing_ * limits.burst} {}

    [[nodiscard]] constexpr bool has_one(Time now) {
        filled_from_ = std::max(filled_from_, now - capacity_);
        return now - filled_from_ >= spacing_;
    }
    // After has_one().
    constexpr void take() { filled_from_ += spacing_; }

private:
    Duration spacing_;                // a token comes this often
    Duration capacity_;               // and so long does it take to fill up
    Time filled_from_ = Time::min();  // the tokens are those of the time from then on
};

}  // namespace rollcall::serf
