// SPDX-License-Identifier: Apache-2.0
//
// Whole clusters that look at silent members: rules F2 to F6 as seen from outside, in virtual time.
// One vigil is in vigil_test.cpp, one node in detection_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = SimCluster<Node>::Options;

Options of(unsigned nodes, std::uint64_t seed, const Config& profile) {
    return {.nodes = nodes, .seed = seed, .profile = profile};
}
// Every second member behaves as published.
Options mixed(unsigned nodes, std::uint64_t seed) {
    Options options = of(nodes, seed, Config::fast());
    options.tweak = [](Config& c, unsigned number) {
        if (number % 2 == 1) return;
        const Config fast = c;
        c = Config::lan();
        c.name = fast.name;
        c.address = fast.address;
        c.port = fast.port;
        c.bind_port = fast.bind_port;
        c.variant.looking = false;
    };
    return options;
}

class FastCluster : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, FastCluster, testing::Range<std::uint64_t>(1, 6));

TEST_P(FastCluster, CrashIsKnownToAllWithinFourSeconds) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").crash();
    EXPECT_TRUE(cluster.all_others_see("n7", State::dead, 4s)) << cluster.story();
}

TEST_P(FastCluster, KilledProcessIsKnownToAllOfLanWithinNineSeconds) {
    SimCluster cluster{of(32, GetParam(), Config::lan())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").kill();
    EXPECT_TRUE(cluster.all_others_see("n7", State::dead, 9s)) << cluster.story();
}

TEST_P(FastCluster, ProcessStoppedForFiveSecondsSurvives) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").pause();
    cluster.run_for(5s);
    cluster.node("n7").resume();
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.never_saw("n7", State::dead)) << cluster.story();
    EXPECT_TRUE(cluster.converged()) << cluster.story();
}

TEST_P(FastCluster, ProcessThatHangsForGoodIsDeclaredDead) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").pause();
    EXPECT_TRUE(cluster.all_others_see("n7", State::dead, 20s)) << cluster.story();
}

TEST_P(FastCluster, HostThatIsBackWithinTheSpanSurvives) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").crash();
    cluster.run_for(1400ms);
    cluster.node("n7").start();
    cluster.node("n7").join(cluster.node("n1").endpoint());
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.never_saw("n7", State::dead)) << cluster.story();
    EXPECT_TRUE(cluster.converged()) << cluster.story();
}

TEST_P(FastCluster, QuarterLossKillsNoMember) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.links().set_links({.loss = 0.25});
    cluster.run_for(3min);
    EXPECT_TRUE(cluster.nobody_saw(State::dead)) << cluster.story();
    cluster.node("n7").crash();
    EXPECT_TRUE(cluster.all_others_see("n7", State::dead, 12s)) << cluster.story();
}

TEST_P(FastCluster, ThirdOfTheMembersCrashesAtOnce) {
    SimCluster cluster{of(30, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    for (unsigned i = 3; i <= 30; i += 3) cluster.node("n" + std::to_string(i)).crash();
    EXPECT_TRUE(cluster.converges(9s)) << cluster.story();
}

TEST_P(FastCluster, MixedWithPublishedMembersItIsNoWorse) {
    SimCluster cluster{mixed(24, GetParam())};
    cluster.start_joined();
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.nobody_saw(State::suspect)) << cluster.story();
    cluster.node("n8").crash();
    EXPECT_TRUE(cluster.all_others_see("n8", State::dead, 12s)) << cluster.story();
}

TEST_P(FastCluster, SmallClustersAreLeftToTheSuspicion) {
    for (const unsigned nodes : {2u, 3u}) {
        SimCluster cluster{of(nodes, GetParam(), Config::fast())};
        cluster.start_joined();
        cluster.run_for(10s);
        cluster.node("n2").crash();
        EXPECT_TRUE(cluster.all_others_see("n2", State::dead, 30s)) << nodes << cluster.story();
    }
}

TEST_P(FastCluster, BothSidesOfAPartitionGoOn) {
    SimCluster cluster{of(12, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(10s);
    cluster.links().partition({{"n1", "n2", "n3", "n4"}});
    ASSERT_TRUE(
        cluster.run_until([&] { return cluster.node("n12").node().alive_count() == 8; }, 20s))
        << "the majority goes on without them" << cluster.story();
    ASSERT_TRUE(
        cluster.run_until([&] { return cluster.node("n1").node().alive_count() == 4; }, 40s))
        << "and so do they, later" << cluster.story();
}

// Rule F2, controls: the silence that it sees from then on is its own. Nothing else would stop it:
// it has its witnesses, and others sent to it a moment ago.
TEST_P(FastCluster, ObserverWhoseOwnLinkDiesCondemnsNoMember) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").freeze();
    const auto looks = [](const auto& node) { return node->node().stats().vigils > 0; };
    ASSERT_TRUE(cluster.run_until([&] { return std::ranges::any_of(cluster.nodes(), looks); }, 5s));
    const auto& observer = *std::ranges::find_if(cluster.nodes(), looks);
    cluster.run_for(600ms);
    cluster.links().set_host_loss(observer->name(), {.egress = 1, .ingress = 1});
    cluster.run_for(200ms);
    cluster.node("n7").thaw();
    cluster.run_for(4s);
    cluster.links().set_host_loss(observer->name(), {});
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.never_saw("n7", State::dead)) << cluster.story();
}

// Rule Z2: nobody gossips the death any more when n3 goes on.
TEST_P(FastCluster, HostThatStoodStillLearnsOfADeathSoonAfter) {
    SimCluster cluster{of(32, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.run_for(15s);
    cluster.node("n7").crash();
    ASSERT_TRUE(cluster.run_until(
        [&] {
            const auto anywhere = [&](const auto& node) {
                return node->running() && node->node().members().find("n7")->state == State::dead;
            };
            return std::ranges::any_of(cluster.nodes(), anywhere);
        },
        5s));
    cluster.node("n3").freeze();
    cluster.run_for(1500ms);
    cluster.node("n3").thaw();
    EXPECT_TRUE(cluster.all_others_see("n7", State::dead, 2s)) << cluster.story();
}

TEST_P(FastCluster, LeaverIsNeverFailed) {
    SimCluster cluster{of(12, GetParam(), Config::fast())};
    cluster.start_joined();
    cluster.node("n3").leave();
    cluster.run_for(3s);
    cluster.node("n3").kill();
    cluster.run_for(30s);
    EXPECT_TRUE(cluster.never_saw("n3", State::dead)) << cluster.story();
}

}  // namespace
}  // namespace rollcall::membership
