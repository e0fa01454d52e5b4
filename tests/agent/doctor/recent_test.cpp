// SPDX-License-Identifier: Apache-2.0
//
// What counts as lately: ten minutes of counters, and steps of the wall clock.
#include "agent/doctor/recent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;

constexpr Time kFirstSample{std::chrono::hours{1}};

TEST(Recent, CountersGrowSinceTheOldestSampleOfTenMinutes) {
    Recent recent;
    for (int minute = 0; minute <= 60; ++minute) {
        const auto count = static_cast<std::uint64_t>(minute);
        recent.sample(kFirstSample + minute * 1min, 0s, {.deadlines = 100 * count, .late = count});
        EXPECT_EQ(recent.growth().deadlines, 100 * std::min<std::uint64_t>(count, 10));
        EXPECT_EQ(recent.growth().late, std::min<std::uint64_t>(count, 10));
        EXPECT_EQ(recent.span(), std::min<Duration>(minute * 1min, kRecent));
    }
}

TEST(Recent, SamplesBetweenThoseOfThePaceCountAndTakeNoRoom) {
    Recent recent;
    recent.sample(kFirstSample, 0s, {.sent = 1});
    for (int i = 1; i <= 1000; ++i) {
        const auto count = static_cast<std::uint64_t>(i);
        recent.sample(kFirstSample + i * 1s, 0s, {.sent = 1 + count});
        EXPECT_LE(recent.growth().sent, std::min<std::uint64_t>(count, 600)) << i;
        EXPECT_GE(recent.growth().sent, std::min<std::uint64_t>(count, 590)) << i;
    }
}

TEST(Recent, AfterAGapInWhichTheProcessDidNotRunNothingOldIsLeft) {
    Recent recent;
    recent.sample(kFirstSample, 0s, {.sent = 1});
    recent.sample(kFirstSample + 1h, 0s, {.sent = 900});
    EXPECT_EQ(recent.growth().sent, 0u);
    EXPECT_EQ(recent.span(), 0s);
    EXPECT_EQ(Recent{}.growth().sent, 0u);
}

TEST(Recent, AStepOfTheClockIsSeenForTenMinutes) {
    Recent recent;
    recent.sample(kFirstSample, 5h, {});
    recent.sample(kFirstSample + 10s, 5h + 999ms, {});
    EXPECT_FALSE(recent.largest_step()) << "only changes of the drift matter, from 1 s";
    recent.sample(kFirstSample + 20s, 5h + 1999ms, {});
    ASSERT_TRUE(recent.largest_step());
    EXPECT_EQ(recent.largest_step()->by, 1s);
    EXPECT_EQ(recent.largest_step()->seen, kFirstSample + 20s);
    recent.sample(kFirstSample + 20s + kRecent, 5h + 1999ms, {});
    EXPECT_TRUE(recent.largest_step());
    recent.sample(kFirstSample + 21s + kRecent, 5h + 1999ms, {});
    EXPECT_FALSE(recent.largest_step());
    EXPECT_EQ(recent.steps(), 1u);
}

TEST(Recent, OfSeveralStepsTheLargestIsNamedWhateverItsDirection) {
    Recent recent;
    recent.sample(kFirstSample, 0s, {});
    recent.sample(kFirstSample + 10s, 2s, {});
    recent.sample(kFirstSample + 20s, -3s, {});  // by 5 s
    recent.sample(kFirstSample + 30s, 0s, {});
    EXPECT_EQ(recent.largest_step()->by, -5s);
    EXPECT_EQ(recent.steps(), 3u);
    for (int i = 4; i < 500; ++i) recent.sample(kFirstSample + i * 1s, i % 2 * 10s, {});
    EXPECT_EQ(recent.largest_step()->by.count() < 0 ? -recent.largest_step()->by
                                                    : recent.largest_step()->by,
              Duration{10s});
}

}  // namespace
}  // namespace rollcall::agent
