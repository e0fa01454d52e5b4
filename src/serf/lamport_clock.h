// SPDX-License-Identifier: Apache-2.0
//
// A logical clock (Lamport 1978): orders the messages of a cluster without wall-clock time. Rule
// C1. Starts at 1, only moves forward, and has a bounded jump: a time that is further ahead than
// kMaxJump is implausible, and a message with such a time is dropped.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace rollcall::serf {

class LamportClock {
public:
    // A cluster with a thousand messages a second would need 34 years to count this far. Without
    // a bound, one forged message near 2^64 would wrap all clocks and silence the cluster.
    static constexpr std::uint64_t kMaxJump = std::uint64_t{1} << 40;

    // The next unused time, as far as we know.
    [[nodiscard]] LamportTime time() const { return now_; }
    // Uses the current time.
    LamportTime increment() {
        const LamportTime used = now_;
        now_ = LamportTime{now_.value() + 1};
        return used;
    }
    // `seen` was used by another member: moves ours past it.
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
