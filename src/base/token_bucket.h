// SPDX-License-Identifier: Apache-2.0
//
// A rate limit: a burst, then a fixed rate per second. The caller passes the time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace rollcall {

class TokenBucket {
public:
    struct Limits {
        std::uint32_t burst = 1;       // tokens when full, which it is at the start
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
    Duration spacing_;                // the interval between two tokens
    Duration capacity_;               // the time to fill the bucket
    Time filled_from_ = Time::min();  // the tokens are those added since then
};

}  // namespace rollcall
