// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/alarm_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_parts.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(AlarmClocks, RingOnceAtTheTimeThatWasSet) {
    HostParts host;
    host.clock.set_alarm(host.clock.now() + 100ms);
    host.run_for(99ms);
    EXPECT_THAT(host.seen, IsEmpty());
    host.run_for(1ms);
    EXPECT_THAT(host.seen, ElementsAre("alarm"));
    host.run_for(10s);
    EXPECT_THAT(host.seen, ElementsAre("alarm"));
}

TEST(AlarmClocks, RingOnlyForTheAlarmThatWasSetLast) {
    HostParts host;
    host.clock.set_alarm(host.clock.now() + 100ms);
    host.clock.set_alarm(host.clock.now() + 300ms);
    host.run_for(299ms);
    EXPECT_THAT(host.seen, IsEmpty());
    host.run_for(1ms);
    EXPECT_THAT(host.seen, ElementsAre("alarm"));
}

TEST(AlarmClocks, DoNotRingForACancelledAlarm) {
    HostParts host;
    host.clock.set_alarm(host.clock.now() + 100ms);
    host.clock.cancel_alarm();
    host.run_for(1s);
    host.clock.set_alarm(host.clock.now() + 100ms);
    host.clock.set_alarm(std::nullopt);
    host.run_for(1s);
    EXPECT_THAT(host.seen, IsEmpty());
}

TEST(AlarmClocks, TheSameTimeRingsAgainOnlyAfterItWasCleared) {
    HostParts host;
    const Time at = host.clock.now() + 100ms;
    host.clock.set_alarm(at);
    host.run_for(100ms);
    host.clock.set_alarm(at);
    host.run_for(1s);
    EXPECT_THAT(host.seen, ElementsAre("alarm"));
    host.clock.clear_alarm();
    host.clock.set_alarm(at);
    host.run_for(1s);
    EXPECT_THAT(host.seen, ElementsAre("alarm", "alarm"));
}

TEST(AlarmClocks, AFastClockRingsEarly) {
    HostParts host;
    host.clock.set_drift(100'000);  // ten per cent
    EXPECT_THAT(host.seen, ElementsAre("clock changed"));
    host.clock.set_alarm(host.clock.now() + 110ms);
    host.run_for(99ms);
    EXPECT_THAT(host.seen, ElementsAre("clock changed"));
    host.run_for(1ms);
    EXPECT_THAT(host.seen, ElementsAre("clock changed", "alarm"));
}

// As after a suspend: what was due in between is due now.
TEST(AlarmClocks, AJumpMakesAnAlarmDueThatIsSetAgain) {
    HostParts host;
    const Time at = host.clock.now() + 10s;
    host.clock.set_alarm(at);
    host.clock.jump(10s);
    EXPECT_THAT(host.seen, ElementsAre("clock changed"));
    host.clock.set_alarm(at);
    host.run_for(0ms);
    EXPECT_THAT(host.seen, ElementsAre("clock changed", "alarm"));
    host.run_for(20s);
    EXPECT_THAT(host.seen, ElementsAre("clock changed", "alarm")) << "the first alarm is outdated";
}

TEST(AlarmClocks, RingLateByUpToTheWakeDelay) {
    HostParts host{5ms};
    Duration latest{};
    for (int i = 0; i < 100; ++i) {
        host.seen.clear();
        const Time due = host.world.now() + 10ms;
        host.clock.set_alarm(host.clock.now() + 10ms);
        while (host.seen.empty()) ASSERT_TRUE(host.world.step(due + 5ms));
        EXPECT_GE(host.world.now(), due);
        latest = std::max(latest, host.world.now() - due);
    }
    EXPECT_GT(latest, 4ms);
    EXPECT_LT(latest, 5ms);
}

TEST(AlarmClocks, RingAfterAllElseThatHappensAtThatMoment) {
    struct Input final : Actor {
        explicit Input(HostParts& parts) : host{parts} {}
        void act(std::uint64_t) override { host.receive("input"); }
        HostParts& host;
    };
    HostParts host;
    Input input{host};
    host.clock.set_alarm(host.clock.now() + 100ms);
    host.world.at(host.world.now() + 100ms, input, 0);  // posted later, for the same time
    host.run_for(100ms);
    EXPECT_THAT(host.seen, ElementsAre("input", "alarm"));
}

TEST(AlarmClocks, ShowDifferentTimesOnDifferentHosts) {
    HostParts host;
    const AlarmClock other{host.world, host.log, host.dice, {}, {}};
    EXPECT_NE(host.clock.now(), other.now());
    EXPECT_EQ(host.clock.to_world(host.clock.now()), host.world.now());
}

}  // namespace
}  // namespace rollcall::sim
