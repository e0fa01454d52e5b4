// SPDX-License-Identifier: Apache-2.0
//
// Faults of one machine other than a crash: a slow CPU, a process that blocks where it sends and
// receives, a clock that drifts or jumps.
#include "sim/cluster/process.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/cluster/cluster.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

// Datagrams that `name`'s host has sent.
std::uint64_t sent_by(SimCluster<>& cluster, const char* name) {
    return cluster.network().traffic_of(cluster.node(name).host()).datagrams_sent;
}

TEST(SlowProcesses, AnswerLateAndInOrder) {
    SimCluster cluster{{.nodes = 4, .seed = 3}};
    cluster.start_joined();
    cluster.node("n2").input().set_service_time(Latency::constant(100ms).value());
    Duration slowest{};
    cluster.node("n1").set_listener([&](auto&, const membership::Event& event) {
        const auto* probe = std::get_if<membership::ProbeEnded>(&event);
        if (probe != nullptr) slowest = std::max(slowest, probe->took);
    });
    cluster.run_for(20s);
    EXPECT_GE(slowest, 100ms);
    EXPECT_TRUE(cluster.nobody_saw(State::dead)) << cluster.story();
    cluster.node("n2").input().set_service_time({});
    slowest = {};
    cluster.run_for(20s);
    EXPECT_LT(slowest, 100ms);
}

TEST(SlowProcesses, DropDatagramsBeyondTheSocketBuffer) {
    SimCluster cluster{{.nodes = 4, .seed = 3}};
    cluster.start_joined();
    cluster.node("n2").input().set_service_time(Latency::constant(20s).value());
    EXPECT_TRUE(cluster.all_others_see("n2", State::dead, 60s)) << cluster.story();
    EXPECT_EQ(cluster.node("n2").input().dropped(), 0u);
    const HostId stranger = cluster.add_stranger(*Endpoint::parse("10.9.9.9:7946"));
    (void)stranger;
    for (int i = 0; i < 1000; ++i) {
        cluster.network().send(*Endpoint::parse("10.9.9.9:7946"), cluster.node("n2").endpoint(),
                               std::vector<std::byte>(1000));
    }
    cluster.run_for(1s);
    EXPECT_GT(cluster.node("n2").input().dropped(), 800u);
    EXPECT_LT(cluster.node("n2").input().dropped(), 1000u);
}

// Timers fire although input never ends.
TEST(SlowProcesses, StillProbeUnderConstantInput) {
    SimCluster cluster{{.nodes = 3, .seed = 3}};
    cluster.start_joined();
    cluster.node("n2").input().set_service_time(Latency::constant(1ms).value());
    cluster.add_stranger(*Endpoint::parse("10.9.9.9:7946"));
    std::function<void()> flood = [&] {
        for (int i = 0; i < 3; ++i) {
            cluster.network().send(*Endpoint::parse("10.9.9.9:7946"), cluster.node("n2").endpoint(),
                                   std::vector<std::byte>(10));
        }
        cluster.after(1ms, flood);
    };
    flood();
    const std::uint64_t before = cluster.node("n2").node().stats().probes;
    cluster.run_for(10s);
    EXPECT_GE(cluster.node("n2").node().stats().probes, before + 5);
}

TEST(BlockedProcesses, SendNothingAndLoseNothing) {
    SimCluster cluster{{.nodes = 4, .seed = 5}};
    cluster.start_joined();
    auto& n2 = cluster.node("n2");
    const std::uint64_t probes = n2.node().stats().probes;
    const std::uint64_t sent = sent_by(cluster, "n2");
    n2.block();
    cluster.run_for(3s);
    EXPECT_EQ(sent_by(cluster, "n2"), sent);
    EXPECT_GT(n2.node().stats().probes, probes) << "its timers still fire";
    n2.unblock();
    EXPECT_GT(sent_by(cluster, "n2"), sent) << "held messages are sent at once";
    EXPECT_EQ(n2.input().dropped() + n2.output().dropped(), 0u);
    EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
}

TEST(BlockedProcesses, SuspectHealthyMembers) {
    SimCluster cluster{{.nodes = 8, .seed = 5}};
    cluster.start_joined();
    cluster.node("n2").block();
    ASSERT_TRUE(cluster.run_until(
        [&] {
            for (const auto& n : cluster.nodes()) {
                if (n->name() != "n2" &&
                    CoreTraits<membership::Node>::sees(cluster.node("n2").core(), n->name(),
                                                       State::suspect) == State::suspect) {
                    return true;
                }
            }
            return false;
        },
        20s))
        << cluster.story();
}

TEST(BlockedProcesses, StopAtTheConfiguredPoint) {
    struct {
        Blocking how;
        std::uint64_t most_probes;
    } const ways[] = {
        {{.sends = Blocking::Sends::first}, 1},
        {{.timers_run = false}, 0},
    };
    for (const auto& way : ways) {
        SimCluster cluster{{.nodes = 4, .seed = 5}};
        cluster.start_joined();
        auto& n2 = cluster.node("n2");
        const std::uint64_t before = n2.node().stats().probes;
        n2.block(way.how);
        cluster.run_for(5s);
        EXPECT_LE(n2.node().stats().probes, before + way.most_probes);
        n2.unblock();
        EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
    }
}

TEST(BlockedProcesses, KeepAtMostTheirBacklog) {
    SimCluster cluster{{.nodes = 2, .seed = 5}};
    cluster.start_joined();
    auto& n2 = cluster.node("n2");
    n2.block({.backlog = 10});
    cluster.add_stranger(*Endpoint::parse("10.9.9.9:7946"));
    for (int i = 0; i < 30; ++i) {
        cluster.network().send(*Endpoint::parse("10.9.9.9:7946"), n2.endpoint(),
                               std::vector<std::byte>(10));
    }
    cluster.run_for(100ms);
    EXPECT_GE(n2.input().dropped(), 20u);
    EXPECT_EQ(Blocking{.backlog = 0}.problem(), "backlog is 0; allowed is 1 to 1000000");
}

TEST(BlockedAndPausedProcesses, RunAgainWhenBothEnd) {
    SimCluster cluster{{.nodes = 3, .seed = 5}};
    cluster.start_joined();
    auto& n2 = cluster.node("n2");
    n2.input().set_service_time(Latency::constant(2ms).value());
    n2.block();
    n2.pause();
    cluster.run_for(2s);
    n2.unblock();
    cluster.run_for(2s);
    n2.resume();
    EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
    n2.pause();
    n2.block();
    cluster.run_for(2s);
    n2.resume();
    const std::uint64_t probes = n2.node().stats().probes;
    cluster.run_for(3s);
    EXPECT_GT(n2.node().stats().probes, probes);
    n2.unblock();
    EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
    n2.block();
    n2.restart();
    n2.join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.converges(30s)) << "a new process is not blocked\n" << cluster.story();
}

TEST(HostClocks, DriftAndJumpWithoutGoingBack) {
    HostClock clock{77s};
    EXPECT_EQ(clock.local(Time{3s}), Time{80s});
    EXPECT_EQ(clock.world(Time{80s}), Time{3s});
    clock.set_drift(Time{10s}, 500);
    EXPECT_EQ(clock.local(Time{20s}), Time{97s + 5ms});
    clock.set_drift(Time{20s}, -100'000);
    EXPECT_EQ(clock.local(Time{30s}), Time{106s + 5ms});
    clock.jump(Time{30s}, 4s);
    EXPECT_EQ(clock.local(Time{30s}), Time{110s + 5ms});
    for (const int ppm : {-100'000, -3, 0, 1, 999, 100'000}) {
        clock.set_drift(Time{31s}, ppm);
        for (std::int64_t ns = 0; ns < 1000; ++ns) {
            const Time shown = clock.local(Time{40s}) + Duration{ns};
            const Time at = clock.world(shown);
            EXPECT_GE(clock.local(at), shown);
            EXPECT_LT(clock.local(at - Duration{1}), shown);
        }
    }
    EXPECT_EQ(HostClock::drift_problem(100'001),
              "drift is 100001 ppm; allowed is -100000 to 100000");
    EXPECT_EQ(HostClock::jump_problem(-1ms), "jump is -1 ms; a monotonic clock never goes back");
    EXPECT_EQ(HostClock::jump_problem(0ns), "");
}

TEST(HostClocks, ThatRunFastMakeProbesMoreFrequent) {
    SimCluster cluster{{.nodes = 3, .seed = 5}};
    cluster.start_joined();
    cluster.node("n2").clock().set_drift(100'000);
    const std::uint64_t fast = cluster.node("n2").node().stats().probes;
    const std::uint64_t right = cluster.node("n3").node().stats().probes;
    cluster.run_for(2000s);
    EXPECT_NEAR(static_cast<double>(cluster.node("n2").node().stats().probes - fast) /
                    static_cast<double>(cluster.node("n3").node().stats().probes - right),
                1.1, 0.01);
    EXPECT_TRUE(cluster.nobody_saw(State::suspect)) << cluster.story();
}

TEST(HostClocks, ThatJumpCountAsAPause) {
    SimCluster cluster{{.nodes = 3, .seed = 5}};
    cluster.start_joined();
    cluster.node("n2").clock().jump(1h);
    cluster.run_for(5s);
    EXPECT_EQ(cluster.events<membership::PauseDetected>("n2").size(), 1u) << cluster.story();
    EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
    EXPECT_TRUE(cluster.nobody_saw(State::dead)) << cluster.story();
}

TEST(Restarts, UnderAnotherNameAtTheSameAddress) {
    SimCluster cluster{{.nodes = 4, .seed = 5}};
    cluster.start_joined();
    cluster.restart_as("n3", "phoenix");
    cluster.node("phoenix").join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.all_see("phoenix", State::alive, 10s)) << cluster.story();
    EXPECT_TRUE(cluster.all_others_see("n3", State::dead, 60s)) << cluster.story();
}

}  // namespace
}  // namespace rollcall::sim
