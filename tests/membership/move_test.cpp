// SPDX-License-Identifier: Apache-2.0
//
// Our own address changes while we run. Rule S8.
#include <gtest/gtest.h>

#include <utility>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

const WireAddress kBefore = WireAddress::v4(10, 0, 0, 1);
const WireAddress kAfter = WireAddress::v4(10, 0, 0, 200);

bool move(LoneNode& lone, const WireAddress& to = kAfter) {
    return lone.call(
        [&](Node& n, Time at, Outbox& out) { return n.set_address(at, to, 7946, out); });
}

TEST(RuleS8, LeaveOfOldAddressIsSentBeforeNewAlive) {
    LoneNode lone;
    lone.know(3);
    static_cast<void>(lone.take_sent());
    ASSERT_TRUE(move(lone));
    EXPECT_EQ(lone.member("me")->address(), kAfter);
    const auto sent = lone.take_sent();
    ASSERT_EQ(sent.size(), 3u);
    for (const Sent& packet : sent) {
        ASSERT_EQ(packet.messages.size(), 3u);
        const auto revived = packet.messages[0].alive();
        const auto left = packet.messages[1].accusation();
        const auto alive = packet.messages[2].alive();
        EXPECT_EQ(revived.address, kBefore);
        EXPECT_EQ(left.from, "me");
        EXPECT_EQ(left.node, "me");
        EXPECT_EQ(alive.address, kAfter);
        // In any order, the leave is older than the new alive claim.
        EXPECT_EQ(revived.incarnation, Incarnation{2});
        EXPECT_EQ(left.incarnation, Incarnation{2});
        EXPECT_EQ(alive.incarnation, Incarnation{3});
    }
}

TEST(RuleS8, PeerAcceptsNewAddressFromAnyState) {
    LoneNode mover;
    mover.know(1);
    static_cast<void>(mover.take_sent());
    EXPECT_TRUE(move(mover));
    const auto sent = mover.take_sent();
    ASSERT_EQ(sent.size(), 1u);
    for (const char* belief : {"alive", "suspect", "dead", "left"}) {
        LoneNode peer{[](Config& c) { c.name = "peer"; }};
        peer.alive({.node = "me", .incarnation = 1, .address = kBefore});
        const std::string_view held{belief};
        if (held == "suspect") peer.suspect("me", 1, "n7");
        if (held == "dead") peer.dead("me", 1, "n7");
        if (held == "left") peer.dead("me", 1, "me");
        for (const Message& message : sent[0].messages) {
            std::vector<std::byte> whole{static_cast<std::byte>(message.type)};
            whole.insert(whole.end(), message.body.begin(), message.body.end());
            peer.packet(peer.sealed({Bytes{whole}}));
        }
        peer.advance(3s);  // the old address is silent
        EXPECT_EQ(peer.state("me"), State::alive) << belief;
        EXPECT_EQ(peer.member("me")->address(), kAfter) << belief;
        EXPECT_EQ(peer.node().stats().conflicts, 0u) << belief;
    }
}

TEST(RuleS8, EchoOfOldAddressIsNoConflict) {
    LoneNode lone;
    lone.know(2);
    EXPECT_TRUE(move(lone));
    lone.forget_events();
    for (const std::uint32_t incarnation : {1u, 2u}) {
        lone.alive({.node = "me", .incarnation = incarnation, .address = kBefore});
    }
    EXPECT_TRUE(lone.take_events<NameConflict>().empty());
    EXPECT_EQ(lone.node().stats().conflicts, 0u);
    EXPECT_EQ(lone.node().stats().former_claims, 2u);
    EXPECT_EQ(lone.member("me")->address(), kAfter);
    // A claim that we never made there comes from another node.
    lone.alive({.node = "me", .incarnation = 3, .address = kBefore});
    EXPECT_EQ(lone.take_events<NameConflict>().size(), 1u);
}

TEST(RuleS8, ClaimsAreRepeatedAgainstLoss) {
    LoneNode lone;
    lone.know(2);
    EXPECT_TRUE(move(lone));
    static_cast<void>(lone.take_sent());
    const auto moves = [&] {
        std::size_t reported = 0;
        for (const Sent& packet : lone.take_sent()) {
            for (const Message& dead : of_type(packet.messages, wire::MessageType::dead)) {
                if (dead.accusation().node == "me") ++reported;
            }
        }
        return reported;
    };
    lone.advance(990ms);
    EXPECT_EQ(moves(), 0u);
    lone.advance(20ms);
    EXPECT_EQ(moves(), 2u);
    lone.advance(3s);
    EXPECT_EQ(moves(), 2u);
    lone.advance(10s);
    EXPECT_EQ(moves(), 2u);
    lone.advance(60s);
    EXPECT_EQ(moves(), 0u);
}

TEST(RuleS8, SimultaneouslyMovedMemberIsNotified) {
    LoneNode lone;
    lone.know(1);
    const auto told_at = [&](const WireAddress& address) {
        std::size_t reported = 0;
        for (const Sent& packet : lone.take_sent()) {
            if (packet.to != Endpoint::from_wire(address, 7946)) continue;
            reported += of_type(packet.messages, wire::MessageType::dead).size();
        }
        return reported;
    };
    const WireAddress elsewhere = WireAddress::v4(10, 0, 1, 1);
    const auto claim = [&] { lone.alive({.node = "n1", .incarnation = 7, .address = elsewhere}); };
    claim();  // we did not move: a conflict of names, and nothing else
    EXPECT_EQ(told_at(elsewhere), 0u);
    EXPECT_TRUE(move(lone));
    claim();
    EXPECT_EQ(told_at(elsewhere), 1u);
    claim();  // once for all claims, and with each later pass
    EXPECT_EQ(told_at(elsewhere), 0u);
    lone.advance(1010ms);
    EXPECT_EQ(told_at(elsewhere), 1u);
    lone.advance(13s);
    EXPECT_EQ(told_at(elsewhere), 2u);
    claim();  // the time of our move is over
    lone.advance(60s);
    EXPECT_EQ(told_at(elsewhere), 0u);
}

TEST(RuleS8, ForeignClaimsCauseBoundedPackets) {
    LoneNode lone;
    lone.know(1);
    EXPECT_TRUE(move(lone));
    static_cast<void>(lone.take_sent());
    for (unsigned i = 0; i < 200; ++i) {
        lone.alive({.node = "n1",
                    .incarnation = 7,
                    .address = WireAddress::v4(10, 9, 0, static_cast<std::uint8_t>(i))});
    }
    EXPECT_EQ(lone.take_sent().size(), 64u);
}

TEST(RuleS8, SameAddressOrLeavingChangesNothing) {
    LoneNode lone;
    lone.know(2);
    EXPECT_FALSE(move(lone, kBefore));
    EXPECT_EQ(lone.incarnation("me"), 1u);
    lone.call([](Node& n, Time at, Outbox& out) { n.leave(at, 5s, out); });
    EXPECT_FALSE(move(lone));
    EXPECT_EQ(lone.member("me")->address(), kBefore);
}

// An address of ours that we cannot know, as behind a translation of addresses.
TEST(RuleL1, JoinToOurselvesIsDetected) {
    for (const bool peer : {false, true}) {
        LoneNode lone, other{[](Config&c) { c.name = "peer"; }};
        LoneNode& answers = peer ? other : lone;
        const auto state_of = [](LoneNode& node) {
            const JoinPeer there{.endpoint = host(50), .name = ""};
            node.call([&](Node& n, Time at, Outbox& out) { n.join(at, {&there, 1}, out); });
            const StreamId id = node.take_streams().at(0).action.id;
            node.call(
                [&](Node& n, Time at, Outbox& out) { n.handle_stream_connected(at, id, out); });
            return std::pair{id, node.take_streams().at(0).bytes};
        };
        const auto answer = state_of(answers).second;
        const StreamId id = state_of(lone).first;
        lone.call(
            [&](Node& n, Time at, Outbox& out) { n.handle_stream_data(at, id, answer, out); });
        const auto reported = lone.take_events<JoinAnswered>();
        ASSERT_EQ(reported.size(), 1u);
        EXPECT_EQ(reported[0].error, "");
        EXPECT_EQ(reported[0].ourselves, !peer);
    }
}

}  // namespace
}  // namespace rollcall::membership
