// SPDX-License-Identifier: Apache-2.0
//
// Passes so many lines of one kind per second and counts the others, to be reported once for each
// second that had any: one packet may bring a hundred thousand members, and a log line about each
// would fill the disk. Pure: the caller passes the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/time.h"

namespace rollcall::agent {

class FloodGate {
public:
    static constexpr Duration kSecond = std::chrono::seconds{1};

    explicit FloodGate(unsigned most) : most_{most} {}

    // False: leave it out.
    [[nodiscard]] bool pass(Time now) {
        if (now >= ends_) {
            ends_ = now + kSecond;
            passed_ = 0;
        }
        if (passed_ < most_) {
            ++passed_;
            return true;
        }
        ++left_out_;
        return false;
    }
    // How many were left out, when their second is over; 0 when there is nothing to report.
    [[nodiscard]] std::uint64_t take_left_out(Time now) {
        return now >= ends_ ? std::exchange(left_out_, 0) : 0;
    }

private:
    unsigned most_;
    Time ends_ = Time::min();  // of the current second
    unsigned passed_ = 0;      // in it
    std::uint64_t left_out_ = 0;
};

}  // namespace rollcall::agent
