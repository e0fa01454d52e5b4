// SPDX-License-Identifier: Apache-2.0
//
// Rule L5: what a test of a link finds, for each thing that can be wrong with it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lone_node.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

// n1 tests its link to n2; n3 and n4 are the relays.
class RuleL5 : public testing::Test {
protected:
    RuleL5() { cluster.start_joined(); }

    LinkTested test(LinkTestPlan plan) {
        const auto request = cluster.node("n1").command(
            [&](Node& n, Time at, Outbox& out) { return n.test_link(at, plan, out); });
        EXPECT_TRUE(request);
        const auto found = [&] { return cluster.events<LinkTested>("n1"); };
        EXPECT_TRUE(cluster.run_until([&] { return !found().empty(); }, plan.lasts + 1s))
            << cluster.story();
        EXPECT_EQ(found().at(0).request, *request);
        return found().at(0);
    }
    LinkTestPlan to_n2() {
        return {.target = cluster.node("n2").endpoint(), .name = "n2", .relays = 2};
    }

    SimCluster<> cluster{Options{.nodes = 4, .seed = 7}};
};

TEST_F(RuleL5, OnAGoodLinkEveryPingIsAcked) {
    const LinkTested result = test(to_n2());
    EXPECT_EQ(result.rounds, 8u);
    EXPECT_EQ(result.acked, result.rounds);
    EXPECT_EQ(result.acked_by_name, result.rounds);
    EXPECT_EQ(result.acked_at_advertised, result.rounds);
    EXPECT_TRUE(result.rtt);
    EXPECT_TRUE(result.stream_connected);
    EXPECT_EQ(result.stream, StreamPing::answered);
    EXPECT_EQ(result.relays_acked, 2u);
    EXPECT_GE(result.packets_from, 3 * result.rounds);
}

TEST_F(RuleL5, AProcessThatIsGoneRefuses) {
    cluster.node("n2").kill();
    const LinkTested result = test(to_n2());
    EXPECT_EQ(result.acked, 0u);
    EXPECT_EQ(result.ping, DirectPing::bounced);
    EXPECT_EQ(result.stream, StreamPing::refused);
    EXPECT_EQ(result.relays_acked, 0u);
}

TEST_F(RuleL5, OthersReachWhatWeCannot) {
    cluster.links().cut_one_way("n1", "n2");
    const LinkTested result = test(to_n2());
    EXPECT_EQ(result.acked, 0u);
    EXPECT_EQ(result.stream, StreamPing::unanswered);
    EXPECT_FALSE(result.stream_connected);
    EXPECT_EQ(result.relays_acked, 2u);
}

TEST_F(RuleL5, AnotherMemberAtTheAddressAnswersOnlyToAnyName) {
    LinkTestPlan plan = to_n2();
    plan.name = "n9";
    const LinkTested result = test(plan);
    EXPECT_EQ(result.acked, result.rounds);
    EXPECT_EQ(result.acked_by_name, 0u);
}

TEST_F(RuleL5, OthersPingUsAtOurAddress) {
    const LinkTested result =
        test({.target = cluster.node("n1").endpoint(), .name = "n1", .direct = false});
    EXPECT_EQ(result.rounds, 0u);
    EXPECT_EQ(result.relays_asked, 3u);
    EXPECT_EQ(result.relays_acked, 3u);
}

TEST_F(RuleL5, ChangesNoBelief) {
    cluster.node("n2").crash();
    LinkTestPlan plan = to_n2();
    plan.lasts = 500ms;
    static_cast<void>(test(plan));
    EXPECT_EQ(cluster.node("n1").node().members().find("n2")->state, State::alive);
}

// The member's acks go to the address that we advertise, which is not ours.
TEST_F(RuleL5, AWrongAdvertisedAddressShows) {
    cluster.node("n1").command([](Node& n, Time at, Outbox& out) {
        return n.set_address(at, WireAddress::v4(10, 99, 0, 1), 7946, out);
    });
    const LinkTested result = test(to_n2());
    EXPECT_EQ(result.acked, result.rounds);
    EXPECT_EQ(result.acked_at_advertised, 0u);
}

TEST(RuleL5Alone, RefusedBytesOfTheAddressAreCountedByCause) {
    LoneNode lone;
    ASSERT_TRUE(lone.call(
        [](Node& n, Time at, Outbox& out) { return n.test_link(at, {.target = host(2)}, out); }));
    const std::vector<std::byte> garbage{std::byte{0xf3}, std::byte{1}};
    lone.packet(garbage, host(2));
    lone.packet(garbage, host(3));
    lone.advance(2s);
    const auto results = lone.take_events<LinkTested>();
    ASSERT_EQ(results.size(), 1u);
    std::uint64_t rejected = 0;
    for (const std::uint64_t count : results[0].rejected) rejected += count;
    EXPECT_EQ(rejected, 1u);
    EXPECT_EQ(results[0].packets_from, 1u);
}

TEST(RuleL5Alone, OnlySoManyRunAtOnce) {
    LoneNode lone;
    const auto start = [&] {
        return lone
            .call([](Node& n, Time at, Outbox& out) {
                return n.test_link(at, {.target = host(2), .lasts = 1h}, out);
            })
            .has_value();
    };
    for (unsigned i = 0; i < 16; ++i) EXPECT_TRUE(start());
    EXPECT_FALSE(start());
    lone.advance(9900ms);
    EXPECT_TRUE(lone.take_events<LinkTested>().empty());
    lone.advance(200ms);  // the longest
    EXPECT_EQ(lone.take_events<LinkTested>().size(), 16u);
    EXPECT_TRUE(start());
}

// Its acks carry gossip of its cluster, as memberlist's do.
TEST(RuleL5Alone, AStrangerUnderTestBringsNoMembers) {
    LoneNode lone;
    ASSERT_TRUE(lone.call(
        [](Node& n, Time at, Outbox& out) { return n.test_link(at, {.target = host(2)}, out); }));
    lone.alive({.node = "b"}, host(2));
    lone.advance(2s);
    ASSERT_EQ(lone.take_events<LinkTested>().size(), 1u);
    lone.alive({.node = "b"}, host(2));  // late
    EXPECT_EQ(lone.node().members().size(), 1u);
    EXPECT_EQ(lone.node().stats().ignored_of_tests, 2u);
    lone.alive({.node = "c", .address = WireAddress::v4(10, 0, 0, 3)}, host(3));
    EXPECT_EQ(lone.node().members().size(), 2u) << "from elsewhere";
    lone.advance(5100ms);
    lone.alive({.node = "b"}, host(2));
    EXPECT_EQ(lone.node().members().size(), 3u) << "long after the test";
}

TEST_F(RuleL5, NoRelayIsAskedToPingAStranger) {
    const LinkTested result = test({.target = host(77), .relays = 3, .lasts = 500ms});
    EXPECT_EQ(result.relays_asked, 0u);
    EXPECT_EQ(result.acked, 0u);
}

// A peer without a route is no reason to say that nothing leaves this host (rule P7).
TEST(RuleL5Alone, ItsPingsSayNothingAboutThisHost) {
    LoneNode lone;
    ASSERT_TRUE(lone.call([](Node& n, Time at, Outbox& out) {
        return n.test_link(at, {.target = host(2), .lasts = 5s}, out);
    }));
    std::uint64_t failed = 0;
    for (int i = 0; i < 50; ++i) {
        for (; failed < lone.node().stats().packets_sent; ++failed) {
            lone.call([](Node& n, Time at, Outbox& out) {
                n.handle_send_error(at, host(2), {SendError::no_route, 101}, out);
                return true;
            });
        }
        lone.advance(100ms);
    }
    EXPECT_GT(failed, 10u);
    EXPECT_TRUE(lone.take_events<SendsFailing>().empty());
    EXPECT_FALSE(lone.node().sends_failing());
}

}  // namespace
}  // namespace rollcall::membership
