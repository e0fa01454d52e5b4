// SPDX-License-Identifier: Apache-2.0
//
// How much of a thread's time a kind of work gets, in virtual time.
#include "base/time_budget.h"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{std::chrono::hours{1}};

TEST(TimeBudget, IsFullAtFirstAndAfterARest) {
    TimeBudget budget{1ms};
    EXPECT_EQ(budget.left(kStart), 1ms);
    budget.spend(kStart, kStart + 600us);
    EXPECT_EQ(budget.left(kStart + 600us), 400us);
    EXPECT_EQ(budget.left(kStart + 1s), 1ms) << "and never more than full";
}

TEST(TimeBudget, WorkThatTookTooLongIsPaidBackByALongerRest) {
    TimeBudget budget{1ms};
    const Time done = kStart + 21ms;  // one command that could not be interrupted
    budget.spend(kStart, done);
    EXPECT_EQ(budget.left(done), -20ms);
    EXPECT_LE(budget.left(done + 20ms), 0ms);
    EXPECT_GT(budget.ready_at(), done + 20ms);
    EXPECT_LE(budget.ready_at(), done + 21ms);
    EXPECT_GT(budget.left(budget.ready_at()), 0ms);
}

TEST(TimeBudget, AProcessThatWasStoppedAtWorkIsSoonReadyAgain) {
    TimeBudget budget{1ms};
    const Time awake = kStart + 60s;
    budget.spend(kStart, awake);
    EXPECT_LE(budget.ready_at(), awake + 250ms);
    EXPECT_GT(budget.ready_at(), awake + 200ms) << "as after work that took so long";
}

TEST(TimeBudget, AtMostHalfOfTheTimeIsSpent) {
    TimeBudget budget{1ms};
    Time now = kStart;
    Duration worked{};
    while (now < kStart + 1s) {
        if (budget.left(now) <= Duration{}) now = budget.ready_at();
        const Duration piece = 500us;
        budget.spend(now, now + piece);
        now += piece;
        worked += piece;
    }
    EXPECT_GT(worked, 490ms);
    EXPECT_LT(worked, 505ms);
}

TEST(TimeBudget, LongerRestsLeaveASmallerShare) {
    TimeBudget budget{1ms, 3};
    Time now = kStart;
    Duration worked{};
    while (now < kStart + 1s) {
        if (budget.left(now) <= Duration{}) now = budget.ready_at();
        EXPECT_GT(budget.left(now), Duration{});
        budget.spend(now, now + 500us);
        now += 500us;
        worked += 500us;
    }
    EXPECT_GT(worked, 245ms);
    EXPECT_LT(worked, 255ms);
}

TEST(TimeBudget, IsNeverUsedUpByAClockThatStandsStill) {
    TimeBudget budget{1ms};
    WorkClock& clock = still_clock();
    for (int i = 0; i < 1000; ++i) {
        const Time from = clock.now();
        ASSERT_EQ(budget.left(from), 1ms);
        budget.spend(from, clock.now());
    }
}

}  // namespace
}  // namespace rollcall
