// SPDX-License-Identifier: Apache-2.0
#include "agent/host/loop_lag.h"

#include <gtest/gtest.h>

#include "support/test_loop.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestLoop;

TEST(LoopLag, ShowsHowLongTheLoopWasBlocked) {
    TestLoop loop;
    LoopLag lag{loop};
    EXPECT_EQ(lag.worst_lately(), Duration{}) << "before begin()";
    lag.begin();
    EXPECT_FALSE(lag.ticking()) << "no figure was asked for";
    lag.ask();
    loop.until([&] { return lag.counts().number() >= 1; });

    TestLoop::block_until(transport::clock_now() + LoopLag::kTick + 120ms);
    EXPECT_GE(lag.worst_lately(), 100ms) << "seen before the late tick, too";
    const auto before = lag.counts().number();
    loop.until([&] { return lag.counts().number() > before; });
    EXPECT_GE(lag.worst_lately(), 100ms);
    EXPECT_GE(lag.counts().total_ns, 100'000'000u);
    EXPECT_GE(lag.counts().counts[7] + lag.counts().counts[8] + lag.counts().counts[9], 1u)
        << "one delay above 100 ms";
    lag.close({});
}

TEST(DurationCounts, CountsByTheFirstBoundThatIsNotExceeded) {
    DurationCounts<2> counts;
    const std::array<std::chrono::milliseconds, 2> bounds{5ms, 10ms};
    for (const Duration d : {Duration{-1ms}, Duration{5ms}, Duration{5ms + 1ns}, Duration{1s}}) {
        counts.add(d, bounds);
    }
    EXPECT_EQ(counts.counts, (std::array<std::uint64_t, 3>{2, 1, 1}));
    EXPECT_EQ(counts.number(), 4u);
    EXPECT_EQ(counts.total_ns, 1'010'000'001u);
}

}  // namespace
}  // namespace rollcall::agent
