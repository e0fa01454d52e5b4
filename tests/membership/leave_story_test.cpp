// SPDX-License-Identifier: Apache-2.0
//
// A leave whose gossip is lost, in clusters of virtual time: rules S1, S7 and L3 together.
#include <gtest/gtest.h>

#include <cstdint>

#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

TEST(LeaveStories, MissedLeaveIsDeliveredInAnswerToAccusation) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SimCluster cluster{Options{.nodes = 12, .seed = seed}};
        cluster.start_joined();
        cluster.run_for(5s);
        cluster.links().set_host_loss("n3", {.ingress = 1});
        cluster.node("n5").leave();
        cluster.run_for(2s);
        cluster.node("n5").kill();
        cluster.run_for(3s);
        cluster.links().set_host_loss("n3", {});
        cluster.run_for(25s);
        EXPECT_TRUE(cluster.never_saw("n5", State::dead)) << seed << '\n' << cluster.story();
    }
}

TEST(LeaveStories, ReturnedMemberIsNotAnsweredWithOldLeave) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        SimCluster cluster{Options{.nodes = 6, .seed = seed}};
        cluster.start_joined();
        cluster.links().set_host_loss("n3", {.ingress = 1});
        cluster.node("n5").leave();
        cluster.run_for(2s);
        cluster.node("n5").restart();
        cluster.node("n5").join(cluster.node("n1").endpoint());
        cluster.run_for(1s);
        cluster.links().set_host_loss("n3", {});
        EXPECT_TRUE(cluster.converges(60s)) << seed << '\n' << cluster.story();
    }
}

}  // namespace
}  // namespace rollcall::membership
