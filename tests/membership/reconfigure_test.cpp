// SPDX-License-Identifier: Apache-2.0
//
// Changing the timings of a running node. Rule L4.
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

// Three others; a probe every ten seconds, no gossip and no push/pull by default.
struct Changing : LoneNode {
    Changing() : LoneNode{[](Config& c) { c.probe_interval = 10s; }} {
        know(3);
        drain();
    }
    std::optional<ConfigError> change(const std::function<void(TimingSettings&)>& how) {
        TimingSettings timing = TimingSettings::of(config());
        how(timing);
        return call([&](Node& n, Time at, Outbox& out) { return n.reconfigure(at, timing, out); });
    }
    std::size_t pings_in(Duration time) {
        static_cast<void>(take_sent());
        answer_pings();
        advance(time);
        return take_events<ProbeEnded>().size();
    }
};

TEST(RuleL4, ShorterIntervalAppliesFromNextTick) {
    Changing lone;
    ASSERT_FALSE(lone.change([](TimingSettings& t) { t.probe_interval = 1s; }));
    // The first at a random point of the first second, one a second from there on.
    EXPECT_EQ(lone.pings_in(1s), 1u);
    EXPECT_EQ(lone.pings_in(20s), 20u);
}

TEST(RuleL4, LongerIntervalKeepsNextTick) {
    Changing lone;
    ASSERT_FALSE(lone.change([](TimingSettings& t) { t.probe_interval = 100s; }));
    EXPECT_EQ(lone.pings_in(10s), 1u);
    EXPECT_EQ(lone.pings_in(89s), 0u);
    EXPECT_EQ(lone.pings_in(11s), 1u);
}

TEST(RuleL4, LoopsCanBeSwitchedOnAndOff) {
    Changing lone;
    const auto exchanges = [&](Duration time) {
        static_cast<void>(lone.take_streams());
        lone.answer_pings();
        lone.advance(time);
        std::size_t opened = 0;
        for (const SentStream& stream : lone.take_streams()) {
            if (stream.action.verb == StreamVerb::open) ++opened;
        }
        return opened;
    };
    EXPECT_EQ(exchanges(60s), 0u);
    ASSERT_FALSE(lone.change([](TimingSettings& t) { t.push_pull_interval = 5s; }));
    EXPECT_GE(exchanges(60s), 10u);
    ASSERT_FALSE(lone.change([](TimingSettings& t) { t.push_pull_interval = 0s; }));
    EXPECT_EQ(exchanges(60s), 0u);
}

// Without broadcasts there is no gossip deadline (rule G3); the next tick still lies on the new
// grid.
TEST(RuleL4, BroadcastAfterQuietTimeUsesNewInterval) {
    Changing lone;
    lone.answer_pings();
    ASSERT_FALSE(lone.change([](TimingSettings& t) { t.gossip_interval = 30s; }));
    lone.advance(100s);
    ASSERT_FALSE(lone.change([](TimingSettings& t) { t.gossip_interval = 200ms; }));
    lone.advance(100s);
    lone.answer_pings(false);  // what is sent is kept from here on
    static_cast<void>(lone.take_sent());
    lone.suspect("n2", 1, "n3");
    lone.advance(200ms);
    bool reported = false;
    for (const Sent& sent : lone.take_sent()) {
        for (const Message& message : sent.messages) {
            reported |= message.type == wire::MessageType::suspect;
        }
    }
    EXPECT_TRUE(reported);
}

TEST(RuleL4, RunningSuspicionKeepsItsTimeout) {
    Changing lone;
    lone.answer_pings();
    lone.suspect("n2", 1, "n3");
    ASSERT_FALSE(lone.change([](TimingSettings& t) {
        t.probe_interval = 1s;
        t.suspicion_mult = 1;
        t.suspicion_max_timeout_mult = 1;
    }));
    lone.suspect("n3", 1, "n4");
    lone.advance(2s);
    EXPECT_EQ(lone.state("n3"), State::dead);
    EXPECT_EQ(lone.state("n2"), State::suspect);
}

TEST(RuleL4, BadValueIsRefusedByName) {
    Changing lone;
    const TimingSettings before = TimingSettings::of(lone.config());
    const auto error = lone.change([](TimingSettings& t) {
        t.gossip_interval = 1s;
        t.suspicion_mult = 65;
    });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "suspicion_mult");
    EXPECT_EQ(TimingSettings::of(lone.config()), before);
    EXPECT_EQ(lone.change([](TimingSettings& t) { t.probe_timeout = 11s; })->field,
              "probe_timeout");
}

TEST(RuleL4, TheSameTimingsAgainChangeNothing) {
    Changing lone;
    const auto deadline = lone.node().next_deadline();
    ASSERT_FALSE(lone.change([](TimingSettings&) {}));
    EXPECT_EQ(lone.node().next_deadline(), deadline);
}

}  // namespace
}  // namespace rollcall::membership
