// SPDX-License-Identifier: Apache-2.0
//
// Whole clusters in virtual time: the status of members that join, leave, fail, return and are
// reaped, and how messages of the Serf layer reach all members.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "serf/messages.h"
#include "serf/serf.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using Cluster = sim::SimCluster<Serf>;
using Encoded = std::vector<std::byte>;

// The names of the members that node `who` has in `status`.
std::vector<std::string> held(Cluster& cluster, std::string_view who, Status status) {
    std::vector<std::string> names;
    for (const MemberRecord& member : cluster.node(who).core().members()) {
        if (member.status == status) names.push_back(member.name);
    }
    return names;
}

// A user message, as if a datagram had brought it.
void deliver(Cluster& cluster, std::string_view who, const Encoded& message) {
    Encoded packet{static_cast<std::byte>(wire::MessageType::user)};
    packet.insert(packet.end(), message.begin(), message.end());
    cluster.node(who).command([&](Serf& serf, Time now, Serf::Outbox& out) {
        serf.handle_packet(now, *Endpoint::parse("127.9.9.9:9"), packet, out);
    });
}

void force_leave(Cluster& cluster, std::string_view who, std::string_view target, bool prune) {
    cluster.node(who).command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return *serf.force_leave(now, target, prune, out);
    });
}

// Whether no node's events put `name` (empty: any) in `status` since `since`.
bool never_held(const Cluster& cluster, std::string_view name, Status status,
                Time since = Time::min()) {
    return std::ranges::none_of(cluster.chronicle().sightings(), [&](const auto& sighting) {
        return sighting.at >= since && (name.empty() || sighting.about == name) &&
               sighting.layer == sim::kLayerOf<Status> &&
               sighting.state == static_cast<std::uint8_t>(status);
    });
}

bool all_forgot(Cluster& cluster, std::string_view name) {
    return std::ranges::all_of(cluster.nodes(), [&](const auto& node) {
        return !node->running() || node->name() == name || !node->core().member(name);
    });
}

class SerfCluster : public testing::TestWithParam<std::uint64_t> {
protected:
    Cluster five_{{.nodes = 5, .seed = GetParam()}};
};

TEST_P(SerfCluster, FiveMembersSeeEachOther) {
    five_.start_joined();
    for (const auto& node : five_.nodes()) {
        EXPECT_EQ(held(five_, node->name(), Status::alive).size(), 5u) << five_.story();
    }
    EXPECT_TRUE(never_held(five_, "", Status::failed)) << five_.story();
}

TEST_P(SerfCluster, GracefulLeaveIsLeftEverywhereAndNeverFailed) {
    five_.start_joined();
    five_.node("n3").leave();
    EXPECT_TRUE(five_.all_see("n3", Status::left, 15s)) << five_.story();
    ASSERT_TRUE(
        five_.run_until([&] { return five_.node("n3").core().life() == LifeState::left; }, 15s));
    five_.node("n3").kill();
    five_.run_for(60s);
    EXPECT_TRUE(five_.others_see("n3", Status::left)) << five_.story();
    EXPECT_TRUE(never_held(five_, "", Status::failed)) << five_.story();
}

TEST_P(SerfCluster, AFailedMemberIsSeenAsFailedAndAliveAgainWhenItReturns) {
    five_.start_joined();
    five_.node("n4").crash();
    ASSERT_TRUE(five_.all_others_see("n4", Status::failed, 60s)) << five_.story();
    five_.node("n4").start();
    five_.node("n4").join(five_.node("n1").endpoint());
    EXPECT_TRUE(five_.all_see("n4", Status::alive, 30s)) << five_.story();
    EXPECT_TRUE(never_held(five_, "n4", Status::left)) << five_.story();
}

TEST_P(SerfCluster, AForceLeaveTurnsAFailureIntoADepartureEverywhere) {
    five_.start_joined();
    five_.node("n4").crash();
    ASSERT_TRUE(five_.all_others_see("n4", Status::failed, 60s)) << five_.story();
    force_leave(five_, "n2", "n4", false);
    EXPECT_TRUE(five_.all_others_see("n4", Status::left, 1s)) << five_.story();
    EXPECT_EQ(five_.node("n1").core().stats().left, 1u);
}

TEST_P(SerfCluster, ForceLeaveOfLiveMemberIsRefuted) {
    five_.start_joined();
    const Time reported = five_.now();
    force_leave(five_, "n2", "n4", false);
    EXPECT_EQ(five_.node("n2").core().member("n4")->status, Status::leaving);
    EXPECT_TRUE(five_.all_see("n4", Status::alive, 5s)) << five_.story();
    five_.run_for(60s);
    EXPECT_TRUE(five_.others_see("n4", Status::alive)) << five_.story();
    EXPECT_TRUE(never_held(five_, "n4", Status::left, reported)) << five_.story();
}

TEST_P(SerfCluster, ForceLeaveInLivePairIsReverted) {
    Cluster pair{{.nodes = 2, .seed = GetParam()}};
    pair.start_joined();
    force_leave(pair, "n1", "n2", false);
    EXPECT_TRUE(pair.all_see("n2", Status::alive, 5s)) << pair.story();
    pair.run_for(60s);
    EXPECT_TRUE(pair.others_see("n2", Status::alive)) << pair.story();
}

TEST_P(SerfCluster, NewTagsAreSeenEverywhere) {
    five_.start_joined();
    const auto request = five_.node("n5").command([](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.set_tags(now, {{"role", "db"}, {"dc", "east"}}, out);
    });
    ASSERT_TRUE(request);
    const Tags expected{{"dc", "east"}, {"role", "db"}};
    EXPECT_TRUE(five_.run_until(
        [&] {
            return std::ranges::all_of(five_.nodes(), [&](const auto& node) {
                return node->core().member("n5")->tags == expected;
            });
        },
        5s))
        << five_.story();
}

// Longer than any suspicion and than membership keeps its dead: only Serf's list of failed members
// still has them.
TEST_P(SerfCluster, AfterALongPartitionTheHalvesFindEachOther) {
    five_.start_joined();
    five_.links().partition({{"n1", "n2"}, {"n3", "n4", "n5"}});
    five_.run_for(10min);
    for (const std::string name : {"n3", "n4", "n5"}) {
        EXPECT_EQ(five_.node("n1").core().member(name)->status, Status::failed) << five_.story();
        EXPECT_EQ(five_.node("n1").node().members().find(name), nullptr);
    }
    five_.links().heal();
    EXPECT_TRUE(five_.run_until(
        [&] {
            return std::ranges::all_of(five_.nodes(), [&](const auto& node) {
                return held(five_, node->name(), Status::alive).size() == 5;
            });
        },
        10min))
        << five_.story();
}

TEST_P(SerfCluster, IntentAboutUnknownNameStopsCirculating) {
    five_.start_joined();
    deliver(five_, "n1", encoded(JoinIntent{.time = LamportTime{50}, .node = "unknown"}));
    deliver(five_, "n4", encoded(LeaveIntent{.time = LamportTime{50}, .node = "unknown"}));
    five_.run_for(30s);
    for (const auto& node : five_.nodes()) {
        EXPECT_EQ(node->core().stats().intent_queue, 0u) << node->name();
        EXPECT_EQ(node->core().stats().recent_intents, 1u) << node->name();
    }
}

TEST_P(SerfCluster, AUserEventReachesEveryNodeOnceAndUnchanged) {
    five_.start_joined();
    // With an unknown field, which must be forwarded unchanged.
    Encoded event = encoded(UserEvent{
        .time = LamportTime{7}, .name = "deploy", .payload = as_bytes("v1"), .coalesce = true});
    event[1] = std::byte{0x85};
    for (const std::byte b : as_bytes("\xa5Xtra!\x07")) event.push_back(b);
    deliver(five_, "n2", event);
    EXPECT_TRUE(five_.run_until(
        [&] {
            return std::ranges::all_of(five_.nodes(), [](const auto& node) {
                return node->core().stats().events_forwarded == 1;
            });
        },
        5s))
        << five_.story();
    five_.run_for(60s);  // push/pulls repeat it, as a duplicate for all
    for (const auto& node : five_.nodes()) {
        const Stats stats = node->core().stats();
        EXPECT_EQ(stats.events_forwarded, 1u) << node->name();
        EXPECT_EQ(stats.event_time, LamportTime{8}) << node->name();
        EXPECT_EQ(stats.event_queue, 0u) << node->name();
    }
}

TEST_P(SerfCluster, QueryIsGossipedUnlessNoBroadcast) {
    five_.start_joined();
    Query query{.time = LamportTime{5},
                .id = 77,
                .address = WireAddress::v4(127, 0, 0, 1),
                .port = 9,
                .source_node = "n1",
                .timeout = 1s,
                .name = "uptime"};
    deliver(five_, "n1", encoded(query));
    query.id = 78;
    query.flags = query_flags::no_broadcast;
    deliver(five_, "n2", encoded(query));
    five_.run_for(10s);
    for (const auto& node : five_.nodes()) {
        EXPECT_EQ(node->core().stats().queries_forwarded, 1u) << node->name();
        EXPECT_EQ(node->core().stats().query_time, LamportTime{6}) << node->name();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SerfCluster, testing::Values(1, 2, 3, 4, 5, 6, 7, 8));

// A member that learns of a leave before its intent would report a failure.
TEST(SerfLeave, LeaverIsNeverFailedAndAllKnowBeforeItStops) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Cluster cluster{{.nodes = 5, .seed = seed}};
        cluster.start_joined();
        const Time start = cluster.now();
        cluster.node("n2").leave();
        ASSERT_TRUE(cluster.run_until(
            [&] { return cluster.node("n2").core().life() == LifeState::left; }, 3s))
            << "the seconds that an interrupted agent has; " << cluster.story();
        EXPECT_TRUE(cluster.others_see("n2", Status::left)) << cluster.story();
        EXPECT_TRUE(never_held(cluster, "n2", Status::failed, start)) << cluster.story();
    }
}

// A lost prune is never repaired, by any Serf, so it must not be
// lost.
TEST(SerfPrune, ReachesAllAndMemberStaysErased) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Cluster cluster{{.nodes = 5, .seed = seed}};
        cluster.start_joined();
        cluster.node("n4").crash();
        ASSERT_TRUE(cluster.all_others_see("n4", Status::failed, 60s)) << cluster.story();
        force_leave(cluster, "n2", "n4", true);
        ASSERT_TRUE(cluster.run_until([&] { return all_forgot(cluster, "n4"); }, 1s))
            << cluster.story();
        const Time pruned = cluster.now();
        cluster.run_for(3min);
        EXPECT_TRUE(all_forgot(cluster, "n4")) << cluster.story();
        EXPECT_TRUE(never_held(cluster, "n4", Status::alive, pruned)) << cluster.story();
    }
}

TEST(SerfClusterOfForty, GracefulLeaveUnderLossIsNeverAFailure) {
    sim::LinkQuality lossy;
    lossy.loss = 0.05;
    Cluster cluster{{.nodes = 40, .seed = 11, .links = lossy}};
    cluster.start_joined();
    const Time start = cluster.now();
    for (const std::string name : {"n7", "n21", "n33"}) {
        cluster.node(name).leave();
        EXPECT_TRUE(cluster.all_others_see(name, Status::left, 15s)) << name;
        EXPECT_TRUE(cluster.run_until(
            [&] { return cluster.node(name).core().life() == LifeState::left; }, 15s));
        cluster.node(name).kill();
    }
    cluster.run_for(60s);
    for (const std::string name : {"n7", "n21", "n33"}) {
        EXPECT_TRUE(never_held(cluster, name, Status::failed, start)) << cluster.story();
    }
}

}  // namespace
}  // namespace rollcall::serf
