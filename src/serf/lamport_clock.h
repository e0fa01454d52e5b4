// SPDX-License-Identifier: Apache-2.0
//
// A logical clock (Lamport 1978): orders what the members of a cluster say without asking what time
// it is. Rule C1. Starts at 1, only moves forward, and refuses to be dragged to its end: a moment
// that lies further ahead than kMaxJump is implausible, and whoever reads it from the network drops
// it.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace rollcall::serf {

class LamportClock {
public:
    // A cluster that spoke a thousand times a second would need 34 years to count this far. Without
    // a bound, one forged message near 2^64 would wrap everybody's clock and silence the cluster.
    static constexpr std::uint64_t kMaxJump = std::uint64_t{1} << 40;

    // The next moment that nobody has used, as far as we know.
    [[nodiscard]] LamportTime time() const { return now_; }
    // Uses the current moment.
    LamportTime increment() {
        const LamportTime used = now_;
        now_ = LamportTime{now_.value() + 1};
        return used;
    }
    // Somebody used `seen`: ours is after it.
    void witness(LamportTime seen) {
        if (seen >= now_) now_ = LamportTime{seen.value() + 1};
    }
    [[nodiscard]] bool plausible(LamportTime seen) const {
        return seen < now_ || seen.value() - now_.value() <= kMaxJump;
    }

private:
    LamportTime now_{1};
};

}  // namespace rollcall::serf
