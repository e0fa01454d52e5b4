// SPDX-License-Identifier: Apache-2.0
//
// A process that was paused accuses no member because of it; and input that is already in the
// socket wins over the timer. Rules Z1 and Z2.
#include <gtest/gtest.h>

#include <string>

#include "lone_node.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

struct StoppedNode : LoneNode {
    explicit StoppedNode(unsigned others, bool looking = false)
        : LoneNode{[looking](Config& c) {
              c.variant.looking = looking;
              c.probe_interval = std::chrono::seconds{1};
              c.push_pull_interval = std::chrono::seconds{30};
          }} {
        know(others);
    }
};

TEST(RuleZ1, NoAccusationsAfterPauseOfAMinute) {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
        SimCluster cluster{Options{.nodes = 5, .seed = seed}};
        cluster.start_joined();
        cluster.run_for(10s);
        cluster.node("n3").pause();
        const Time asleep = cluster.now();
        EXPECT_TRUE(cluster.all_others_see("n3", State::dead, 30s)) << cluster.story();
        cluster.run_for(asleep + 60s - cluster.now());
        const Time awake = cluster.now();
        cluster.node("n3").resume();
        EXPECT_TRUE(cluster.converges(5s)) << cluster.story();
        cluster.run_for(60s);
        EXPECT_TRUE(cluster.converged()) << cluster.story();
        EXPECT_EQ(cluster.events<PauseDetected>("n3").size(), 1u);
        for (const char* other : {"n1", "n2", "n4", "n5"}) {
            EXPECT_TRUE(cluster.never_saw(other, State::suspect, awake)) << cluster.story();
            EXPECT_TRUE(cluster.never_saw(other, State::dead, awake)) << cluster.story();
        }
    }
}

TEST(RuleZ1, RecoversAfterPauseOfFiveMinutes) {
    SimCluster cluster{Options{.nodes = 5, .seed = 9}};
    cluster.start_joined();
    cluster.node("n3").pause();
    cluster.run_for(5min);
    const Time awake = cluster.now();
    cluster.node("n3").resume();
    EXPECT_TRUE(cluster.converges(60s)) << cluster.story();
    for (const char* other : {"n1", "n2", "n4", "n5"}) {
        EXPECT_TRUE(cluster.never_saw(other, State::dead, awake)) << cluster.story();
    }
}

TEST(RuleZ1, NoAccusationsFromRepeatedlyPausedHost) {
    SimCluster cluster{Options{.nodes = 6, .seed = 10}};
    cluster.start_joined();
    for (int i = 0; i < 20; ++i) {
        cluster.node("n2").pause();
        cluster.run_for(5s);
        cluster.node("n2").resume();
        cluster.run_for(5s);
    }
    for (const char* other : {"n1", "n3", "n4", "n5", "n6"}) {
        EXPECT_TRUE(cluster.never_saw(other, State::dead)) << cluster.story();
    }
    EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
}

TEST(RuleZ1, PauseAbandonsProbeAndRestartsSuspicions) {
    StoppedNode lone{5};
    lone.answer_pings();
    lone.advance(3s);
    lone.suspect("n2", 1, "n3");
    lone.advance(23s);  // of 24
    lone.forget_events();
    const Time woke = lone.now() + 40s;
    lone.sleep_through(40s);
    EXPECT_EQ(lone.state("n2"), State::suspect);
    const auto pauses = lone.take_events<PauseDetected>();
    ASSERT_EQ(pauses.size(), 1u);
    EXPECT_GT(pauses[0].gap, 38s);
    EXPECT_LE(pauses[0].gap, 40s);
    EXPECT_EQ(lone.node().stats().pauses, 1u);
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::ping).size(), 0u)
        << "no probe in the first interval";
    const auto streams = lone.take_streams();
    ASSERT_EQ(streams.size(), 1u) << "a push/pull starts at once";
    EXPECT_EQ(streams[0].action.verb, StreamVerb::open);
    lone.advance(woke + 23999ms - lone.now());
    EXPECT_EQ(lone.state("n2"), State::suspect);
    lone.advance(2ms);
    EXPECT_EQ(lone.state("n2"), State::dead);
}

TEST(RuleZ1, PauseAbandonsProbeWithoutHealthChange) {
    StoppedNode lone{5};
    while (of_type(lone.take_sent(), wire::MessageType::ping).empty()) {
        lone.advance(*lone.node().next_deadline() - lone.now());
    }
    lone.forget_events();
    lone.sleep_through(10s);
    const auto endings = lone.take_events<ProbeEnded>();
    ASSERT_EQ(endings.size(), 1u);
    EXPECT_EQ(endings[0].outcome, ProbeOutcome::abandoned);
    EXPECT_EQ(lone.node().health_score(), 0u);
    EXPECT_TRUE(lone.take_events<MemberSuspected>().empty());
}

TEST(RuleZ1, LateCallBelowThresholdIsNoPause) {
    StoppedNode lone{5};
    lone.answer_pings();
    lone.suspect("n2", 1, "n3");
    lone.advance(23s);
    const Time due = *lone.node().next_deadline();
    lone.sleep_through(due + 1900ms - lone.now());
    EXPECT_TRUE(lone.take_events<PauseDetected>().empty());
    EXPECT_EQ(lone.node().stats().pauses, 0u);
}

// Rule Z2: what was gossiped during a standstill is asked for, once in ten seconds.
TEST(RuleZ2, StandstillIsFollowedByPushPull) {
    StoppedNode lone{5, true};
    lone.answer_pings();
    lone.advance(3s);
    lone.forget_events();
    (void)lone.take_streams();
    lone.sleep_through(2s);  // its probes are due each second
    ASSERT_EQ(lone.take_streams().size(), 1u);
    EXPECT_EQ(lone.node().stats().pauses, 0u);
    EXPECT_EQ(lone.node().stats().catch_ups, 1u);
    lone.advance(3s);
    lone.sleep_through(2s);
    EXPECT_EQ(lone.node().stats().catch_ups, 1u) << "5 s after the last one";
    lone.advance(6s);
    lone.sleep_through(2s);
    EXPECT_EQ(lone.node().stats().catch_ups, 2u);
}

TEST(RuleZ2, NoPushPullForShortDelay) {
    StoppedNode lone{5, true};
    lone.answer_pings();
    lone.advance(3s);
    (void)lone.take_streams();
    lone.sleep_through(*lone.node().next_deadline() + 450ms - lone.now());
    EXPECT_TRUE(lone.take_streams().empty());
    EXPECT_EQ(lone.node().stats().catch_ups, 0u);
}

// Input that was already received counts before the timers that it makes void, however late we
// wake.
TEST(RuleZ1, RefutationInSocketWinsOverTimer) {
    for (const Duration late : {0ms, 500ms, 1900ms, 2100ms, 30000ms}) {
        StoppedNode lone{5};
        lone.answer_pings();
        lone.suspect("n2", 1, "n3");
        lone.advance(23s);
        lone.forget_events();
        // The driver drains its sockets, then fires deadlines: both at one moment.
        const Duration to_death = 1s + late;
        const Time at = lone.now() + to_death;
        lone.call([&](Node& n, Time, Outbox& out) {
            std::vector<std::byte> room(1400);
            ByteWriter writer{room};
            wire::encode(wire::Alive{.node = "n2",
                                     .incarnation = Incarnation{2},
                                     .address = WireAddress::v4(10, 0, 0, 2),
                                     .port = 7946,
                                     .versions = wire::kSerfVersions},
                         writer);
            n.handle_packet(at, host(2), writer.written(), out);
            n.handle_timeout(at, out);
        });
        EXPECT_EQ(lone.state("n2"), State::alive);
        EXPECT_TRUE(lone.take_events<MemberFailed>().empty());
    }
}

// The same through a whole cluster: the accuser stalls while the refutation reaches its socket.
TEST(RuleZ1, StalledAccuserReadsInputBeforeVerdict) {
    for (const Duration stall : {1500ms, 5000ms, 30000ms}) {
        SimCluster cluster{Options{.nodes = 3, .seed = 77}};
        cluster.start_joined();
        cluster.node("n3").pause();
        ASSERT_TRUE(cluster.run_until(
            [&] { return cluster.node("n1").node().members().find("n3")->state == State::suspect; },
            10s));
        cluster.node("n1").pause();
        cluster.node("n3").resume();
        cluster.run_for(stall);
        cluster.node("n1").resume();
        cluster.run_for(20s);
        EXPECT_TRUE(cluster.converges(20s)) << cluster.story();
        for (const auto& failed : cluster.events<MemberFailed>("n1")) {
            ADD_FAILURE() << "n1 declared " << failed.about.name << " dead\n" << cluster.story();
        }
    }
}

}  // namespace
}  // namespace rollcall::membership
