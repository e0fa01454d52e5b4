// SPDX-License-Identifier: Apache-2.0
//
// What a datagram makes a node send, and to whom. Rule X4.
#include "membership/answer_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lone_node.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

const Endpoint kVictim = host(99, 1234);

std::vector<std::byte> bytes_of(auto&& encode) {
    std::vector<std::byte> room(2048);
    ByteWriter writer{room};
    EXPECT_TRUE(encode(writer));
    room.resize(writer.size());
    return room;
}

// A ping of `name` that wants its answer sent to `to`.
std::vector<std::byte> ping(std::uint32_t number, const Endpoint& to, std::string_view name) {
    return bytes_of([&](ByteWriter& writer) {
        return wire::encode(wire::Ping{.sequence = SequenceNumber{number},
                                       .node = "me",
                                       .source_address = to.to_wire(),
                                       .source_port = to.port,
                                       .source_node = name},
                            writer);
    });
}

struct PingRequest {
    Endpoint target;
    std::string_view name;
    Endpoint asker = host(9);
    std::string_view asker_name = "n9";
};
std::vector<std::byte> encoded_request(std::uint32_t number, const PingRequest& request) {
    return bytes_of([&](ByteWriter& writer) {
        return wire::encode(wire::IndirectPing{.sequence = SequenceNumber{number},
                                               .node = request.name,
                                               .target = request.target.to_wire(),
                                               .port = request.target.port,
                                               .nack = true,
                                               .source_address = request.asker.to_wire(),
                                               .source_port = request.asker.port,
                                               .source_node = request.asker_name},
                            writer);
    });
}

std::vector<std::byte> together(LoneNode& lone, const std::vector<std::vector<std::byte>>& all) {
    return lone.sealed({all.begin(), all.end()});
}

std::size_t sent_to(const std::vector<Sent>& sent, const Endpoint& to) {
    return static_cast<std::size_t>(std::ranges::count(sent, to, &Sent::to));
}

TEST(RuleX4, ADatagramOfManyPingsGetsFourAcks) {
    LoneNode lone;
    lone.know(9);
    std::vector<std::vector<std::byte>> pings;
    for (std::uint32_t i = 0; i < 100; ++i) pings.push_back(ping(i, host(9), "n9"));
    lone.packet(together(lone, pings), host(9));
    EXPECT_EQ(sent_to(lone.take_sent(), host(9)), 4u);
    EXPECT_EQ(lone.node().stats().answers_refused.datagram, 96u);
    lone.packet(together(lone, pings), host(9));
    EXPECT_EQ(sent_to(lone.take_sent(), host(9)), 4u) << "the next datagram has a new limit";
}

TEST(RuleX4, PingsAndRequestsForPingsShareTheLimitOfADatagram) {
    LoneNode lone;
    lone.know(9);
    std::vector<std::vector<std::byte>> mixed;
    for (std::uint32_t i = 0; i < 10; ++i) {
        mixed.push_back(encoded_request(i, {.target = host(5), .name = "n5"}));
        mixed.push_back(ping(i, host(9), "n9"));
    }
    lone.packet(together(lone, mixed), host(9));
    EXPECT_EQ(lone.take_sent().size(), 4u);
    EXPECT_EQ(lone.node().stats().relays, 2u);
}

// The attack: a third address is flooded with answers to pings that it never sent.
TEST(RuleX4, AnswersToAStatedStrangerAreLimitedPerSecond) {
    LoneNode lone;
    lone.know(5);
    std::uint32_t number = 0;
    const auto flood = [&] {
        for (int i = 0; i < 1000; ++i) lone.packet(ping(++number, kVictim, "x"), host(66));
        return sent_to(lone.take_sent(), kVictim);
    };
    EXPECT_EQ(flood(), 256u);
    EXPECT_EQ(lone.node().stats().answers_refused.stranger, 1000u - 256u);
    EXPECT_EQ(flood(), 0u);
    lone.advance(1s);
    EXPECT_EQ(flood(), 64u);
}

TEST(RuleX4, AMembersNameWithAnotherAddressIsAStranger) {
    LoneNode lone;
    lone.know(5);
    for (std::uint32_t i = 0; i < 300; ++i) lone.packet(ping(i, kVictim, "n2"), host(2));
    EXPECT_EQ(sent_to(lone.take_sent(), kVictim), 256u);
}

TEST(RuleX4, TheSenderItselfIsAlwaysAnswered) {
    LoneNode lone;
    lone.know(5);
    for (std::uint32_t i = 0; i < 5000; ++i) {
        lone.packet(ping(i, host(77), "newcomer"), host(77));  // not in our table yet
    }
    EXPECT_EQ(sent_to(lone.take_sent(), host(77)), 5000u);
    EXPECT_EQ(lone.node().stats().answers_refused.all(), 0u);
}

// A member behind several addresses: what it sends comes from another one than it announces.
TEST(RuleX4, AMemberThatSendsFromAnotherAddressIsAnsweredWithinLimits) {
    LoneNode lone;
    lone.know(5);
    const auto flood = [&](std::uint32_t pings) {
        for (std::uint32_t i = 0; i < pings; ++i) lone.packet(ping(i, host(3), "n3"), host(88));
        return sent_to(lone.take_sent(), host(3));
    };
    EXPECT_EQ(flood(2048), 2048u);
    EXPECT_EQ(flood(2048), 0u);
    EXPECT_EQ(lone.node().stats().answers_refused.member, 2048u);
    lone.advance(1s);
    EXPECT_EQ(flood(2048), 1024u);
}

// Gossip is sent a limited number of times: strangers must not be able to use all of it.
TEST(RuleX4, PingsOfStrangersDoNotUseUpGossip) {
    LoneNode lone;
    lone.know(5);
    std::uint32_t number = 0;
    for (int i = 0; i < 400; ++i) lone.packet(ping(++number, host(77), "x"), host(77));
    (void)lone.take_sent();
    lone.alive({.node = "news", .address = WireAddress::v4(10, 0, 0, 200)});
    for (int i = 0; i < 400; ++i) lone.packet(ping(++number, host(77), "x"), host(77));
    const auto sent = lone.take_sent();
    EXPECT_EQ(sent.size(), 400u) << "they are answered";
    EXPECT_TRUE(of_type(sent, wire::MessageType::alive).empty());
    lone.packet(ping(++number, host(3), "n3"), host(3));
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::alive).size(), 1u) << "for members";
}

TEST(RuleX4, PingsAreRelayedToMembersFreelyAndToOthersWithinLimits) {
    LoneNode lone{[](Config& c) { c.max_relays = 65536; }};
    lone.know(9);
    std::uint32_t number = 0;
    const auto ask = [&](int requests, const PingRequest& request) {
        for (int i = 0; i < requests; ++i) lone.packet(encoded_request(++number, request), host(9));
        return sent_to(lone.take_sent(), request.target);
    };
    EXPECT_EQ(ask(300, {.target = kVictim, .name = "n5"}), 256u) << "n5 is elsewhere";
    EXPECT_EQ(lone.node().stats().answers_refused.stranger, 44u);
    EXPECT_EQ(ask(100, {.target = host(5), .name = "n5"}), 100u);
    EXPECT_EQ(ask(300, {.target = host(5), .name = "n5"}), 512u - 256u - 100u) << "in all";
    EXPECT_GT(lone.node().stats().answers_refused.relay, 0u);
    lone.advance(1s);
    EXPECT_EQ(ask(300, {.target = host(5), .name = "n5"}), 256u);
}

TEST(RuleX4, ARelaysAnswerToAStatedStrangerIsLimitedToo) {
    LoneNode lone{[](Config& c) { c.max_relays = 65536; }};
    lone.know(9);
    for (std::uint32_t i = 0; i < 400; ++i) {
        lone.packet(encoded_request(
                        i, {.target = host(5), .name = "n5", .asker = kVictim, .asker_name = "x"}),
                    host(66));
    }
    lone.advance(1s);  // nobody answers: a nack for each
    EXPECT_EQ(sent_to(lone.take_sent(), kVictim), 256u);
}

// alive at any address, then a leave in its name: each pair made us send a packet there.
TEST(RuleX4, LeavesPassedToTheirSubjectsAreLimited) {
    LoneNode lone;
    lone.know(5);
    std::uint32_t last = 0;
    const auto flood = [&] {
        for (unsigned i = 0; i < 400; ++i) {
            const std::string name = "x" + std::to_string(i);
            const auto incarnation = ++last;
            lone.alive({.node = name,
                        .incarnation = incarnation,
                        .address = kVictim.to_wire(),
                        .port = kVictim.port});
            lone.dead(name, incarnation, name);
        }
        return sent_to(lone.take_sent(), kVictim);
    };
    EXPECT_EQ(flood(), 256u);
    EXPECT_EQ(lone.node().stats().answers_refused.leave_echo, 400u - 256u);
    lone.advance(1s);
    EXPECT_EQ(flood(), 64u);
}

TEST(RuleX4, ADatagramOfManyAccusationsGetsThirtyTwoAnswers) {
    LoneNode lone{[](Config& c) { c.variant.looking = true; }};
    lone.know(5);
    const auto accusation = bytes_of([](ByteWriter& writer) {
        return wire::encode_suspect({.node = "me", .incarnation = Incarnation{1}, .from = "n2"},
                                    writer);
    });
    lone.packet(together(lone, std::vector(120, accusation)), host(2));
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::alive).size(), 32u);
    EXPECT_EQ(lone.node().stats().answers_refused.datagram, 120u - 32u);
}

// Members join, a quarter of all datagrams is lost, some crash, one leaves.
TEST(RuleX4, AClusterInTroubleStaysBelowTheLimits) {
    sim::SimCluster cluster{sim::ClusterOptions<Node>{.nodes = 40, .seed = 8}};
    cluster.start();
    for (const auto& n : cluster.nodes()) {
        if (n->name() != "n1") n->join(cluster.node("n1").endpoint());
    }
    cluster.run_for(10s);
    cluster.links().set_links({.loss = 0.25});
    for (const char* name : {"n3", "n4", "n5", "n6", "n7", "n8"}) cluster.node(name).crash();
    cluster.run_for(30s);
    cluster.node("n9").command([](Node& n, Time at, Outbox& out) { (void)n.leave(at, 5s, out); });
    cluster.run_for(30s);
    for (const auto& n : cluster.nodes()) {
        if (!n->running()) continue;
        EXPECT_EQ(n->node().stats().answers_refused.all(), 0u) << n->name();
    }
}

}  // namespace
}  // namespace rollcall::membership
