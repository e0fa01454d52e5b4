// SPDX-License-Identifier: Apache-2.0
//
// Bursty loss, the Gilbert-Elliott model: a link is good for a while, then bad for a while, with a
// loss rate for each. In continuous time: the stays in both states are exponential and do not
// depend on how much is sent, so a link that carries one datagram a minute has the same bursts as
// one that carries thousands. Each direction of each link has its own state, drawn when it is first
// needed, and again after it was idle for very long.
#pragma once

#include <string>

#include "base/rng.h"
#include "base/time.h"

namespace rollcall::sim {

struct Bursts {
    Duration good = std::chrono::seconds{10};       // mean stays, 1 us to 1 h
    Duration bad = std::chrono::milliseconds{500};  //
    double loss_good = 0;                           // 0..1
    double loss_bad = 1;

    // Empty, or which value is out of range and what is allowed.
    [[nodiscard]] std::string problem() const;
};

class BurstState {
public:
    // The probability that a datagram sent now is lost. Time must not go back.
    [[nodiscard]] double loss(const Bursts& bursts, Time now, Rng& rng);

private:
    bool known_ = false;
    bool bad_ = false;
    Time until_{};
};

// One draw of an exponential distribution, in whole nanoseconds; never above 64 means.
[[nodiscard]] Duration exponential(Duration mean, Rng& rng);

}  // namespace rollcall::sim
