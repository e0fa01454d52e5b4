// SPDX-License-Identifier: Apache-2.0
//
// SimCluster with both cores.
#include <gtest/gtest.h>

#include <string>

#include "sim/cluster/cluster.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

template <class Core>
class BothCores : public testing::Test {};
using Cores = testing::Types<membership::Node, serf::Serf>;
TYPED_TEST_SUITE(BothCores, Cores);

TYPED_TEST(BothCores, BehaveTheSame) {
    SimCluster<TypeParam> cluster{{.nodes = 5, .seed = 42}};
    cluster.start_joined();
    cluster.node("n3").pause();
    ASSERT_TRUE(cluster.all_others_see("n3", State::suspect, 10s)) << cluster.story();
    cluster.node("n3").resume();
    EXPECT_TRUE(cluster.all_see("n3", State::alive, 5s)) << cluster.story();
    EXPECT_TRUE(cluster.never_saw("n3", State::dead));
    cluster.node("n4").crash();
    EXPECT_TRUE(cluster.all_others_see("n4", State::dead, 30s)) << cluster.story();
    EXPECT_FALSE(cluster.never_saw("n4", State::dead));
    cluster.node("n4").restart();
    cluster.node("n4").join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.converges(10s)) << cluster.story();
}

TYPED_TEST(BothCores, AreReproducibleBySeed) {
    const auto run = [](std::uint64_t seed) {
        SimCluster<TypeParam> cluster{{.nodes = 4, .seed = seed, .links = {.loss = 0.1}}};
        cluster.start_joined();
        cluster.node("n2").crash();
        cluster.run_for(30s);
        return std::pair{cluster.hash(), cluster.story()};
    };
    const auto first = run(3);
    const auto again = run(3);
    EXPECT_EQ(first.first, again.first);
    EXPECT_EQ(first.second, again.second);
    EXPECT_NE(first.first, run(4).first);
}

TEST(SerfInTheSimulator, ALeaveHasTheSerfStatusLeft) {
    SimCluster<serf::Serf> cluster{{.nodes = 4, .seed = 5}};
    cluster.start_joined();
    ASSERT_TRUE(cluster.all_see("n2", serf::Status::alive, 1s)) << cluster.story();
    cluster.node("n2").leave();
    EXPECT_TRUE(cluster.all_others_see("n2", serf::Status::left, 10s)) << cluster.story();
    EXPECT_TRUE(cluster.never_saw("n2", serf::Status::failed)) << cluster.story();
}

TEST(SerfInTheSimulator, ALeavingNodeDoesNotJoin) {
    SimCluster<serf::Serf> cluster{{.nodes = 4, .seed = 5}};
    cluster.start_joined();
    EXPECT_TRUE(cluster.node("n2").join(cluster.node("n1").endpoint()));
    cluster.node("n2").leave();
    EXPECT_FALSE(cluster.node("n2").join(cluster.node("n1").endpoint()));
    EXPECT_TRUE(cluster.all_others_see("n2", serf::Status::left, 10s)) << cluster.story();
}

TEST(Stories, HaveTheSeedAndOneLinePerEvent) {
    SimCluster<membership::Node> cluster{{.nodes = 2, .seed = 99}};
    cluster.start_joined();
    cluster.links().partition({{"n1"}});
    cluster.run_for(10s);
    const std::string story = cluster.story();
    EXPECT_EQ(story.rfind("seed 99\n", 0), 0u);
    EXPECT_NE(story.find("*       partition | n1\n"), std::string::npos) << story;
    EXPECT_NE(story.find("n1      suspects   n2 (1), said by n1"), std::string::npos) << story;
    EXPECT_NE(story.find("failed     n2 (1)"), std::string::npos) << story;
}

TEST(Waiting, RunUntilStopsAtTheEvent) {
    SimCluster<membership::Node> cluster{{.nodes = 3, .seed = 1}};
    cluster.start_joined();
    const Time before = cluster.now();
    EXPECT_FALSE(cluster.run_until([] { return false; }, 2s));
    EXPECT_EQ(cluster.now(), before + 2s);
    EXPECT_TRUE(cluster.run_until([] { return true; }, 2s));
    EXPECT_EQ(cluster.now(), before + 2s);
}

TEST(Clocks, DifferBetweenHosts) {
    SimCluster<membership::Node> cluster{{.nodes = 3, .seed = 1}};
    cluster.start();
    EXPECT_NE(cluster.node("n1").clock().now(), cluster.node("n2").clock().now());
    EXPECT_NE(cluster.node("n2").clock().now(), cluster.node("n3").clock().now());
}

}  // namespace
}  // namespace rollcall::sim
