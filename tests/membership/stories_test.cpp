// SPDX-License-Identifier: Apache-2.0
//
// Clusters in virtual time: joins, crashes, restarts, moves, leaves, partitions. Each story is seen
// from an operator's side; the rules behind it have separate suites.
#include <gtest/gtest.h>

#include <string>

#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

std::vector<std::byte> a_key(std::uint8_t fill = 7) {
    return std::vector<std::byte>(16, std::byte{fill});
}

TEST(Joining, AllMembersKnowEachOtherThroughOneSeed) {
    for (const unsigned nodes : {2u, 3u, 5u, 10u}) {
        SimCluster cluster{Options{.nodes = nodes, .seed = nodes}};
        cluster.start();
        for (const auto& n : cluster.nodes()) {
            if (n->name() != "n1") n->join(cluster.node("n1").endpoint());
        }
        EXPECT_TRUE(cluster.converges(3s)) << cluster.story();
        cluster.run_for(60s);
        EXPECT_TRUE(cluster.converged()) << cluster.story();
        EXPECT_TRUE(cluster.nobody_saw(State::suspect)) << cluster.story();
    }
}

TEST(Joining, ALateNewcomerIsKnownEverywhereWithinSeconds) {
    SimCluster cluster{Options{.nodes = 10, .seed = 5}};
    cluster.start_joined();
    cluster.run_for(5min);
    auto& late = cluster.add_node("late");
    late.start();
    late.join(cluster.node("n7").endpoint());
    EXPECT_TRUE(cluster.all_see("late", State::alive, 3s)) << cluster.story();
}

TEST(Failing, CrashedHostIsSuspectedThenDeadEverywhere) {
    SimCluster cluster{Options{.nodes = 5, .seed = 42}};
    cluster.start_joined();
    cluster.node("n3").crash();
    ASSERT_TRUE(cluster.all_others_see("n3", State::suspect, 10s)) << cluster.story();
    EXPECT_TRUE(cluster.all_others_see("n3", State::dead, 30s)) << cluster.story();
    for (const char* other : {"n1", "n2", "n4", "n5"}) {
        EXPECT_TRUE(cluster.never_saw(other, State::suspect)) << cluster.story();
    }
}

TEST(Failing, KilledProcessOnLiveHostIsDetected) {
    SimCluster cluster{Options{.nodes = 5, .seed = 43}};
    cluster.start_joined();
    cluster.node("n3").kill();
    EXPECT_TRUE(cluster.all_others_see("n3", State::dead, 30s)) << cluster.story();
    EXPECT_GT(cluster.network().traffic().unreachable, 0u);
}

TEST(Failing, CrashIsDetectedInClusterOfTwo) {
    SimCluster cluster{Options{.nodes = 2, .seed = 44}};
    cluster.start_joined();
    cluster.node("n2").crash();
    EXPECT_TRUE(cluster.all_others_see("n2", State::dead, 20s)) << cluster.story();
}

TEST(Suspicion, APausedMemberThatComesBackInTimeIsNotDeclaredDead) {
    SimCluster cluster{Options{.nodes = 5, .seed = 42}};
    cluster.start_joined();

    cluster.node("n3").pause();  // alive but silent, as in a long collection
    ASSERT_TRUE(cluster.all_others_see("n3", State::suspect, 5s)) << cluster.story();

    cluster.node("n3").resume();  // it receives the suspicion and refutes it (rule S4)
    EXPECT_TRUE(cluster.all_see("n3", State::alive, 3s)) << cluster.story();
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.never_saw("n3", State::dead)) << cluster.story();
}

TEST(Restarting, SameNameAndAddressIsBackAtOnce) {
    SimCluster cluster{Options{.nodes = 5, .seed = 6}};
    cluster.start_joined();
    // Its previous life ended at a high incarnation.
    for (int i = 0; i < 5; ++i) {
        cluster.node("n3").command([&](Node& n, Time at, Outbox& out) {
            const std::string meta = "version " + std::to_string(i);
            EXPECT_TRUE(n.update_meta(at, as_bytes(meta), 1s, out).ok());
        });
    }
    cluster.run_for(3s);
    cluster.node("n3").restart();
    cluster.node("n3").join(cluster.node("n1").endpoint());
    cluster.run_for(5s);
    EXPECT_TRUE(cluster.converged()) << cluster.story();
    EXPECT_GT(cluster.node("n3").node().self_member().incarnation, Incarnation{6});
    EXPECT_TRUE(cluster.never_saw("n3", State::dead)) << cluster.story();
}

TEST(Restarting, MemberDeclaredDeadIsBack) {
    SimCluster cluster{Options{.nodes = 5, .seed = 7}};
    cluster.start_joined();
    cluster.node("n3").crash();
    ASSERT_TRUE(cluster.all_others_see("n3", State::dead, 30s)) << cluster.story();
    cluster.node("n3").restart();
    cluster.node("n3").join(cluster.node("n5").endpoint());
    EXPECT_TRUE(cluster.all_see("n3", State::alive, 5s)) << cluster.story();
    EXPECT_TRUE(cluster.converges(5s)) << cluster.story();
}

TEST(Restarting, NewAddressIsAcceptedAfterReaping) {
    SimCluster cluster{Options{.nodes = 5, .seed = 8}};
    cluster.start_joined();
    cluster.move_and_restart("n3");
    cluster.node("n3").join(cluster.node("n1").endpoint());
    // The old address must first be found dead and reaped: no reclaim time is set.
    EXPECT_TRUE(cluster.converges(2min)) << cluster.story();
    cluster.run_for(1min);
    EXPECT_TRUE(cluster.converged()) << cluster.story();
}

TEST(Restarting, NewAddressIsAcceptedAfterReclaimTime) {
    SimCluster cluster{Options{
        .nodes = 5, .seed = 9, .tweak = [](Config& c, unsigned) { c.dead_node_reclaim = 1s; }}};
    cluster.start_joined();
    cluster.node("n3").crash();
    ASSERT_TRUE(cluster.all_others_see("n3", State::dead, 30s)) << cluster.story();
    cluster.move_and_restart("n3");
    cluster.node("n3").join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.converges(10s)) << cluster.story();
}

TEST(Restarting, ImmediateRestartAtNewAddressIsAcceptedAfterDeath) {
    SimCluster cluster{Options{
        .nodes = 5, .seed = 10, .tweak = [](Config& c, unsigned) { c.dead_node_reclaim = 1s; }}};
    cluster.start_joined();
    cluster.run_for(20s);  // it answered all of them
    cluster.move_and_restart("n3");
    cluster.node("n3").join(cluster.node("n1").endpoint());
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.events<MemberFailed>("n1").empty(); }, 30s))
        << cluster.story();
    EXPECT_TRUE(cluster.converges(8s)) << cluster.story();
}

TEST(Restarting, NewNameIsANewMember) {
    SimCluster cluster{Options{.nodes = 5, .seed = 11}};
    cluster.start_joined();
    cluster.node("n3").kill();
    cluster.node("n3").config().name = "n3b";
    cluster.node("n3b").restart();
    cluster.node("n3b").join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.all_see("n3b", State::alive, 5s)) << cluster.story();
    EXPECT_TRUE(cluster.run_until(
        [&] {
            const auto old = cluster.node("n1").node().members().find("n3");
            return old == nullptr || old->state == State::dead;
        },
        60s))
        << cluster.story();
    EXPECT_TRUE(cluster.converges(60s)) << cluster.story();
}

TEST(Leaving, LeaverIsLeftEverywhereAndNeverFailed) {
    SimCluster cluster{Options{.nodes = 5, .seed = 12}};
    cluster.start_joined();
    cluster.node("n3").leave();
    EXPECT_TRUE(cluster.all_see("n3", State::left, 3s)) << cluster.story();
    ASSERT_TRUE(
        cluster.run_until([&] { return !cluster.events<LeaveFinished>("n3").empty(); }, 6s));
    EXPECT_FALSE(cluster.events<LeaveFinished>("n3")[0].timed_out);
    cluster.node("n3").kill();
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.never_saw("n3", State::dead)) << cluster.story();
    EXPECT_TRUE(cluster.never_saw("n3", State::suspect)) << cluster.story();
    EXPECT_TRUE(cluster.converged()) << cluster.story();
}

TEST(Leaving, TheNameOfOneThatLeftIsFreeForANewAddressAtOnce) {
    SimCluster cluster{Options{.nodes = 5, .seed = 13}};
    cluster.start_joined();
    cluster.node("n3").leave();
    ASSERT_TRUE(cluster.all_see("n3", State::left, 3s)) << cluster.story();
    cluster.move_and_restart("n3");
    cluster.node("n3").join(cluster.node("n2").endpoint());
    EXPECT_TRUE(cluster.converges(5s)) << cluster.story();
}

TEST(Splitting, BothSidesMergeWhenHealedSoonEnough) {
    SimCluster cluster{Options{.nodes = 6, .seed = 14}};
    cluster.start_joined();
    cluster.links().partition({{"n1", "n2", "n3"}, {"n4", "n5", "n6"}});
    ASSERT_TRUE(cluster.run_until(
        [&] {
            return cluster.node("n1").node().alive_count() == 3 &&
                   cluster.node("n6").node().alive_count() == 3;
        },
        60s))
        << cluster.story();
    // The last of the dead still get gossip and refute. Push/pulls with them then carry the state
    // to the others.
    cluster.links().heal();
    EXPECT_TRUE(cluster.converges(2min)) << cluster.story();
}

TEST(Splitting, AfterAJoinTwoClustersAreOne) {
    SimCluster cluster{Options{.nodes = 6, .seed = 15}};
    cluster.start();
    for (const char* n : {"n2", "n3"}) cluster.node(n).join(cluster.node("n1").endpoint());
    for (const char* n : {"n5", "n6"}) cluster.node(n).join(cluster.node("n4").endpoint());
    cluster.run_for(10s);
    EXPECT_EQ(cluster.node("n3").node().alive_count(), 3u);
    cluster.node("n1").join(cluster.node("n6").endpoint());
    EXPECT_TRUE(cluster.converges(5s)) << cluster.story();
}

TEST(OneWay, OneWayMemberReachesStableState) {
    SimCluster cluster{Options{.nodes = 6, .seed = 16}};
    cluster.start_joined();
    for (const char* n : {"n1", "n2", "n4", "n5", "n6"}) cluster.links().cut_one_way(n, "n3");
    cluster.run_for(3min);
    for (const char* n : {"n1", "n2", "n4", "n5", "n6"}) {
        EXPECT_EQ(cluster.node(n).node().alive_count(), 5u) << cluster.story();
    }
}

TEST(Lossy, TenPercentLossCausesNoFailure) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        SimCluster cluster{Options{.nodes = 10, .seed = seed, .links = {.loss = 0.1}}};
        cluster.start_joined();
        cluster.run_for(5min);
        EXPECT_TRUE(cluster.nobody_saw(State::dead)) << cluster.story();
        EXPECT_TRUE(cluster.converges(30s)) << cluster.story();
    }
}

TEST(Lossy, DoubledAndOvertakingDatagramsChangeNothing) {
    SimCluster cluster{
        Options{.nodes = 8, .seed = 17, .links = {.duplication = 0.3, .reordering = 0.5}}};
    cluster.start_joined();
    cluster.run_for(2min);
    EXPECT_TRUE(cluster.nobody_saw(State::suspect)) << cluster.story();
}

TEST(UdpBlocked, MemberOnStreamsOnlyIsKeptAndReported) {
    SimCluster cluster{Options{.nodes = 3, .seed = 18}};
    cluster.start_joined();
    // Segments of streams count as one byte: a tiny MTU stops datagrams only.
    const sim::LinkQuality narrow{.mtu = 1};
    for (const char* n : {"n1", "n2"}) {
        cluster.links().set_link(n, "n3", narrow);
        cluster.links().set_link("n3", n, narrow);
    }
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.nobody_saw(State::dead)) << cluster.story();
    EXPECT_FALSE(cluster.events<UdpBlocked>("n1").empty()) << cluster.story();
    EXPECT_TRUE(cluster.converged()) << cluster.story();
}

TEST(Encrypted, AClusterWithAKeyWorksLikeAnyOther) {
    SimCluster cluster{Options{.nodes = 5, .seed = 19, .key = a_key()}};
    cluster.start_joined();
    cluster.node("n3").crash();
    EXPECT_TRUE(cluster.all_others_see("n3", State::dead, 30s)) << cluster.story();
    EXPECT_TRUE(cluster.never_saw("n1", State::suspect));
}

TEST(Encrypted, NodesWithoutTheKeyCannotJoin) {
    SimCluster cluster{Options{.nodes = 4, .seed = 20, .key = a_key()}};
    cluster.start();
    cluster.node("n2").join(cluster.node("n1").endpoint());
    cluster.node("n3").core().keyring() = {};
    EXPECT_FALSE(cluster.node("n4").core().keyring().add(a_key(8)));
    EXPECT_FALSE(cluster.node("n4").core().keyring().use(a_key(8)));
    EXPECT_FALSE(cluster.node("n4").core().keyring().remove(a_key()));
    cluster.node("n3").join(cluster.node("n1").endpoint());
    cluster.node("n4").join(cluster.node("n1").endpoint());
    cluster.run_for(20s);
    EXPECT_EQ(cluster.node("n1").node().alive_count(), 2u) << cluster.story();
    EXPECT_EQ(cluster.node("n3").node().alive_count(), 1u) << cluster.story();
    EXPECT_EQ(cluster.node("n4").node().alive_count(), 1u) << cluster.story();
    for (const char* n : {"n3", "n4"}) {
        const auto finished = cluster.events<JoinFinished>(n);
        ASSERT_EQ(finished.size(), 1u) << n;
        EXPECT_EQ(finished[0].contacted, 0u);
        EXPECT_EQ(finished[0].failed, 1u);
    }
}

// Up and down the steps, one agent after the other, as a configuration tool would do it.
TEST(Encrypted, ARunningClusterGoesToEncryptionAndBackStepByStep) {
    using Step = wire::Encryption;
    SimCluster cluster{
        Options{.nodes = 6, .seed = 22, .key = a_key(), .tweak = [](Config& c, unsigned) {
                    c.layers.encryption = Step::off;
                }}};
    cluster.start_joined();
    const auto plain_text = [&] {
        std::uint64_t packets = 0;
        for (const auto& node : cluster.nodes()) {
            packets += node->core().plain_text().recent(node->clock().now());
        }
        return packets;
    };
    for (const Step step :
         {Step::accept, Step::send, Step::require, Step::send, Step::accept, Step::off}) {
        for (const auto& node : cluster.nodes()) {
            node->core().set_encryption(step);
            cluster.run_for(10s);
        }
        EXPECT_TRUE(cluster.nobody_saw(State::suspect)) << to_string(step) << cluster.story();
        cluster.run_for(6min);
        EXPECT_TRUE(cluster.converged()) << to_string(step) << cluster.story();
        // What an operator waits for: with all at `send`, nobody sends plain text any more.
        EXPECT_EQ(plain_text() == 0, step != Step::accept) << to_string(step);
    }
    for (const auto& node : cluster.nodes()) {
        for (const std::uint64_t refused : node->core().stats().packets_rejected) {
            EXPECT_EQ(refused, 0u) << node->name();
        }
    }
}

TEST(Labels, ClustersWithDifferentLabelsNeverMix) {
    SimCluster cluster{Options{.nodes = 6, .seed = 21, .tweak = [](Config& c, unsigned number) {
                                   c.layers.label = number <= 3 ? "red" : "blue";
                               }}};
    cluster.start();
    for (const char* n : {"n2", "n3"}) cluster.node(n).join(cluster.node("n1").endpoint());
    for (const char* n : {"n5", "n6"}) cluster.node(n).join(cluster.node("n4").endpoint());
    cluster.node("n1").join(cluster.node("n4").endpoint());
    cluster.node("n6").join(cluster.node("n2").endpoint());
    cluster.run_for(2min);
    for (const auto& n : cluster.nodes()) {
        EXPECT_EQ(n->node().alive_count(), 3u) << n->name() << '\n' << cluster.story();
        EXPECT_EQ(n->node().members().size(), 3u);
    }
    using wire::DecodeError;
    const auto mismatch = static_cast<std::size_t>(DecodeError::label_mismatch);
    EXPECT_GT(cluster.node("n4").node().stats().streams_rejected[mismatch], 0u);
}

TEST(Updating, NewMetadataIsKnownEverywhereWithinSeconds) {
    SimCluster cluster{Options{.nodes = 8, .seed = 22}};
    cluster.start_joined();
    cluster.node("n5").command([](Node& n, Time at, Outbox& out) {
        EXPECT_TRUE(n.update_meta(at, as_bytes("role=db"), 5s, out).ok());
    });
    EXPECT_TRUE(cluster.run_until(
        [&] {
            for (const auto& n : cluster.nodes()) {
                if (n->node().members().find("n5")->meta() != "role=db") return false;
            }
            return true;
        },
        3s))
        << cluster.story();
    for (const auto& n : cluster.nodes()) {
        EXPECT_EQ(cluster.events<MemberUpdated>(n->name()).size(), 1u) << n->name();
    }
}

}  // namespace
}  // namespace rollcall::membership
