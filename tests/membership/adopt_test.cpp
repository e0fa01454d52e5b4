// SPDX-License-Identifier: Apache-2.0
//
// Starting with known members: they are added without broadcasts and events.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lone_node.h"
#include "membership/push_pull.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

wire::Alive last_heard_of(std::string_view name, std::uint8_t last, std::uint32_t incarnation) {
    return {.node = name,
            .incarnation = Incarnation{incarnation},
            .address = WireAddress::v4(10, 0, 0, last),
            .port = 7946,
            .versions = wire::kSerfVersions};
}

TEST(AdoptedMembers, AreAddedWithoutEventsOrBroadcasts) {
    LoneNode lone;
    lone.drain();
    lone.forget_events();
    const std::vector<KnownMember> known{
        {.claim = last_heard_of("up", 2, 7), .state = State::alive},
        {.claim = last_heard_of("down", 3, 8), .state = State::dead},
        {.claim = last_heard_of("gone", 4, 9), .state = State::left},
        {.claim = last_heard_of("doubted", 5, 10), .state = State::suspect}};
    EXPECT_EQ(lone.node().adopt_members(lone.now(), known), 4u);

    EXPECT_EQ(lone.state("up"), State::alive);
    EXPECT_EQ(lone.incarnation("up"), 7u);
    EXPECT_EQ(lone.state("down"), State::dead);
    EXPECT_EQ(lone.state("gone"), State::left);
    EXPECT_EQ(lone.state("doubted"), State::alive);
    EXPECT_EQ(lone.incarnation("doubted"), 10u);
    EXPECT_EQ(lone.node().alive_count(), 3u);
    EXPECT_EQ(lone.node().broadcasts_queued(), 0u);
    EXPECT_TRUE(lone.events().empty());
}

TEST(AdoptedMembers, AreJudgedLikeAnyOther) {
    LoneNode lone;
    wire::Alive no_versions = last_heard_of("a", 2, 1);
    no_versions.versions.reset();
    const std::vector<KnownMember> known{{.claim = last_heard_of("me", 1, 99)},
                                         {.claim = last_heard_of("", 2, 1)},
                                         {.claim = last_heard_of("b", 3, 0)},
                                         {.claim = last_heard_of("c", 4, 0xffffffffu)},
                                         {.claim = no_versions},
                                         {.claim = last_heard_of("d", 5, 1)},
                                         {.claim = last_heard_of("d", 6, 2)}};
    EXPECT_EQ(lone.node().adopt_members(lone.now(), known), 1u);
    EXPECT_EQ(lone.node().members().size(), 2u);
    EXPECT_EQ(lone.incarnation("me"), 1u);
    EXPECT_EQ(lone.incarnation("d"), 1u);
    EXPECT_EQ(lone.node().stats().claims_invalid, 3u);
    EXPECT_EQ(lone.node().stats().claims_unbeatable, 1u);
}

// An adopted member that is no longer up is detected like any other.
TEST(AdoptedMembers, AreProbed) {
    LoneNode lone{[](Config& c) { c.probe_interval = 1s; }};
    const std::vector<KnownMember> known{{.claim = last_heard_of("x", 2, 1)}};
    lone.node().adopt_members(lone.now(), known);
    lone.advance(30s);
    EXPECT_NE(lone.state("x"), State::alive);
}

// Rule Y1: the first push/pull waits as long as later ones in a cluster of that size.
TEST(RuleY1, FirstExchangeScalesWithAdoptedMembers) {
    LoneNode lone{[](Config& c) { c.push_pull_interval = 30s; }};
    std::vector<std::string> names;
    for (int i = 0; i < 99; ++i) names.push_back("n" + std::to_string(i));
    std::vector<KnownMember> known;
    for (std::uint8_t i = 0; i < 99; ++i) known.push_back({.claim = last_heard_of(names[i], i, 1)});
    lone.node().adopt_members(lone.now(), known);
    const Duration wait = push_pull_wait(30s, 100);
    lone.advance(wait - 1ms);
    EXPECT_TRUE(lone.take_streams().empty());
    lone.advance(30s + 1ms);
    EXPECT_FALSE(lone.take_streams().empty());
}

// A large cluster is complete at once, without a broadcast storm, and then behaves like any other.
TEST(AdoptedMembers, FormALargeClusterThatDetectsACrash) {
    constexpr unsigned kNodes = sim::SimCluster<Node>::kMostThatJoin + 1;
    sim::SimCluster cluster{{.nodes = kNodes, .seed = 3, .keep_story = false}};
    cluster.start_joined();
    EXPECT_EQ(cluster.elapsed(), 0s);
    EXPECT_TRUE(cluster.converged());
    EXPECT_EQ(cluster.profiles().size(), kNodes);

    cluster.run_for(5s);
    EXPECT_TRUE(cluster.converged());
    // Each announces itself at the start; the others do not forward it.
    const unsigned limit = transmit_limit(Config::lan().retransmit_mult, kNodes);
    EXPECT_LE(cluster.network().traffic().datagrams, std::uint64_t{kNodes} * (limit + 4 * 5));

    cluster.node("n7").crash();
    EXPECT_TRUE(cluster.all_see("n7", State::dead, 60s));
    EXPECT_TRUE(cluster.nobody_saw(State::dead) == false);
}

}  // namespace
}  // namespace rollcall::membership
