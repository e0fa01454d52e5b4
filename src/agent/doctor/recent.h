// SPDX-License-Identifier: Apache-2.0
//
// What happened in the last ten minutes, so that an examination neither blames an agent for its
// first hour nor overlooks its last one: by how much counters grew, and when the wall clock was
// set. Takes samples at a steady pace, in a ring of fixed size. A step of the clock that was undone
// before the next sample is not seen. Pure: takes the time and the counters as arguments. One
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.h"

namespace rollcall::agent {

// How far back incidents, counters and steps of the clock count.
inline constexpr Duration kRecent = std::chrono::minutes{10};

// Counters since the start, of which only growth matters.
struct Counters {
    std::uint64_t deadlines = 0, late = 0;  // of the deadlines, those late by 100 ms and more
    std::uint64_t sent = 0;                 // datagrams
    std::uint64_t send_full = 0, send_no_route = 0, send_failed = 0;
    std::uint64_t connections_refused = 0;  // for lack of descriptors
    std::uint64_t broadcasts_dropped = 0;

    friend Counters operator-(const Counters& a, const Counters& b);
};

struct ClockStep {
    Duration by{};  // below zero: back
    Time seen{};
};

class Recent {
public:
    static constexpr Duration kEvery = std::chrono::seconds{10};
    static constexpr Duration kSmallestStep = std::chrono::seconds{1};

    // `drift`: of the wall clock against the steady one, since any fixed moment.
    void sample(Time now, Duration drift, const Counters& counters);

    // Since the oldest sample of the last ten minutes; the last sample is the end.
    [[nodiscard]] Counters growth() const;
    [[nodiscard]] Duration span() const;
    // The largest of the last ten minutes.
    [[nodiscard]] std::optional<ClockStep> largest_step() const;
    [[nodiscard]] std::uint64_t steps() const { return steps_; }  // since the start

private:
    struct Sample {
        Time at{};
        Counters counters;
    };
    static constexpr std::size_t kMostSteps = 64;

    std::deque<Sample> samples_;    // the oldest first
    std::deque<ClockStep> recent_;  // steps, the oldest first
    std::optional<Duration> drift_;
    std::uint64_t steps_ = 0;
};

}  // namespace rollcall::agent
