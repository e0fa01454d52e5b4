// SPDX-License-Identifier: Apache-2.0
//
// The name of a member that left, as others say, and is claimed from another address. Rule S2.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "attacker.h"
#include "lone_node.h"
#include "membership/takeovers.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

const WireAddress kOldPlace = WireAddress::v4(10, 0, 0, 99);
const WireAddress kNewPlace = WireAddress::v4(10, 0, 0, 98);

// x is alive at its old place, and others say that it left. An answer may take 2 s here.
struct LeftAsOthersSay : LoneNode {
    explicit LeftAsOthersSay(const Tweak& tweak = {}) : LoneNode{tweak} {
        know(3);
        alive({.node = "x", .incarnation = 5, .address = kOldPlace});
        dead("x", 5, "x");
        drain();
        (void)take_sent();
        (void)take_streams();
        forget_events();
    }
    void claim(std::uint32_t incarnation = 1, const WireAddress& address = kNewPlace) {
        alive({.node = "x", .incarnation = incarnation, .address = address}, host(98));
    }
    [[nodiscard]] bool taken_over() const {
        return state("x") == State::alive && member("x")->address() == kNewPlace;
    }
    // Pings of the old place; each comes with the leave.
    [[nodiscard]] std::vector<SequenceNumber> asked() {
        std::vector<SequenceNumber> sequences;
        for (const Sent& sent : take_sent()) {
            for (const Message& m : of_type(sent.messages, wire::MessageType::ping)) {
                EXPECT_EQ(sent.to, host(99));
                EXPECT_EQ(m.ping().node, "x");
                EXPECT_EQ(sent.messages.front().type, wire::MessageType::dead);
                sequences.push_back(m.ping().sequence);
            }
        }
        return sequences;
    }
};

TEST(RuleS2, NameThatOthersSayIsFreeWaitsForASilentOldAddress) {
    LeftAsOthersSay lone;
    lone.claim();
    EXPECT_EQ(lone.state("x"), State::left);
    EXPECT_EQ(lone.asked().size(), 1u);
    const auto streams = lone.take_streams();  // it never answered a datagram
    ASSERT_EQ(streams.size(), 1u);
    EXPECT_EQ(streams[0].action.to, host(99));
    lone.advance(1990ms);
    EXPECT_EQ(lone.state("x"), State::left);
    EXPECT_EQ(lone.asked().size(), 2u);
    EXPECT_TRUE(lone.take_events<MemberJoined>().empty());
    lone.advance(20ms);
    EXPECT_TRUE(lone.taken_over());
    EXPECT_EQ(lone.incarnation("x"), 1u);
    EXPECT_EQ(lone.take_events<MemberJoined>().size(), 1u);
    EXPECT_EQ(of_type(lone.broadcasts(), wire::MessageType::alive).size(), 1u);
    EXPECT_EQ(lone.node().stats().takeovers, 1u);
    EXPECT_EQ(lone.node().stats().conflicts, 0u);
}

// A lie about its address came before its own word.
TEST(RuleS2, NameOfAStrangerIsFreeOnceItsAddressIsSilent) {
    for (const bool answers : {false, true}) {
        LoneNode lone{[](Config& c) { c.variant = Config::lan().variant; }};
        lone.alive({.node = "x", .incarnation = 3, .address = WireAddress::v4(10, 0, 0, 66)});
        (void)lone.take_events<MemberUpdated>();
        (void)lone.take_sent();
        lone.alive({.node = "x", .address = WireAddress::v4(10, 0, 0, 7)}, host(7));
        EXPECT_EQ(lone.member("x")->endpoint(), host(66)) << "held";
        if (answers) lone.answer_pings();
        lone.advance(3s);
        EXPECT_EQ(lone.member("x")->endpoint(), answers ? host(66) : host(7));
        EXPECT_EQ(lone.take_events<MemberUpdated>().size(), answers ? 0u : 1u);
        EXPECT_EQ(lone.incarnation("x"), answers ? 3u : 1u);
    }
}

TEST(RuleS2, OldAddressThatAnswersKeepsItsName) {
    LeftAsOthersSay lone;
    lone.claim();
    lone.ack(lone.asked().at(0), host(99));
    lone.advance(10s);
    EXPECT_FALSE(lone.taken_over());
    EXPECT_EQ(lone.member("x")->address(), kOldPlace);
    EXPECT_TRUE(of_type(lone.broadcasts(), wire::MessageType::alive).empty());
    EXPECT_EQ(lone.node().stats().takeovers_refused, 1u);
    const auto conflicts = lone.take_events<NameConflict>();
    ASSERT_EQ(conflicts.size(), 1u);
    EXPECT_EQ(conflicts[0].other_address, kNewPlace);
    EXPECT_TRUE(lone.asked().empty());  // it is not asked again
    // An ack for another ping is no answer.
    LeftAsOthersSay other;
    other.claim();
    other.ack(SequenceNumber{12345}, host(99));
    other.advance(3s);
    EXPECT_TRUE(other.taken_over());
}

TEST(RuleS2, OldAddressMayAnswerByStream) {
    LeftAsOthersSay lone{[](Config& c) { c.layers.compress = false; }};
    lone.claim();
    const auto streams = lone.take_streams();
    ASSERT_EQ(streams.size(), 1u);
    const StreamId id = streams[0].action.id;
    lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_connected(at, id, out); });
    const auto ping = lone.take_streams();
    ASSERT_EQ(ping.size(), 1u);
    std::vector<std::byte> room(64);
    ByteWriter writer{room};
    const auto sequence = wire::decode_ping(Bytes{ping[0].bytes}.subspan(1))->sequence;
    wire::encode(wire::Ack{.sequence = sequence, .payload = {}}, writer);
    lone.call([&](Node& n, Time at, Outbox& out) {
        n.handle_stream_data(at, id, writer.written(), out);
    });
    lone.advance(3s);
    EXPECT_FALSE(lone.taken_over());
    EXPECT_EQ(lone.node().stats().takeovers_refused, 1u);
    LeftAsOthersSay without{[](Config& c) { c.tcp_pings = false; }};
    without.claim();
    EXPECT_TRUE(without.take_streams().empty());
}

TEST(RuleS2, MemberThatRefutesItsLeaveKeepsItsName) {
    LeftAsOthersSay lone;
    lone.claim();
    lone.advance(1s);
    lone.alive({.node = "x", .incarnation = 6, .address = kOldPlace});
    lone.advance(3s);
    EXPECT_EQ(lone.state("x"), State::alive);
    EXPECT_EQ(lone.member("x")->address(), kOldPlace);
    EXPECT_EQ(lone.node().stats().takeovers_refused, 1u);
}

TEST(RuleS2, LeaveByAStreamOfItsOwnFreesTheNameAtOnce) {
    LeftAsOthersSay later;  // others said it first
    later.leaves_by_stream("x", 5, host(99, 40000));
    later.claim();
    EXPECT_TRUE(later.taken_over());
    LoneNode first;
    first.alive({.node = "x", .incarnation = 5, .address = kOldPlace});
    first.leaves_by_stream("x", 5, host(99, 40000));
    first.alive({.node = "x", .incarnation = 1, .address = kNewPlace});
    EXPECT_EQ(first.member("x")->address(), kNewPlace);
}

TEST(RuleS2, LeaveInADatagramFromItsOwnAddressMayBeForged) {
    LoneNode lone;
    lone.alive({.node = "x", .incarnation = 5, .address = kOldPlace});
    lone.dead("x", 5, "x", host(99));
    lone.alive({.node = "x", .incarnation = 6, .address = kNewPlace}, host(99));
    EXPECT_EQ(lone.member("x")->address(), kOldPlace);
    EXPECT_EQ(lone.node().stats().takeovers_held, 1u);
}

TEST(RuleS2, OneClaimantIsHeldAtATime) {
    LeftAsOthersSay lone;
    lone.claim(1);
    lone.claim(3);
    lone.claim(2);
    EXPECT_EQ(lone.node().stats().conflicts, 0u);
    lone.claim(9, WireAddress::v4(10, 0, 0, 97));
    EXPECT_EQ(lone.node().stats().conflicts, 1u);
    EXPECT_EQ(lone.node().stats().takeovers_held, 1u);
    lone.advance(3s);
    EXPECT_TRUE(lone.taken_over());
    EXPECT_EQ(lone.incarnation("x"), 3u);
}

TEST(RuleS2, HeldClaimsAreBoundedForEachSource) {
    LoneNode lone;
    lone.know(100);
    for (unsigned i = 12; i < 62; ++i)
        lone.dead("n" + std::to_string(i), 1, "n" + std::to_string(i));
    const auto claim = [&](unsigned i, Endpoint from) {
        lone.alive({.node = "n" + std::to_string(i), .incarnation = 1, .address = kNewPlace}, from);
    };
    for (unsigned i = 12; i < 52; ++i) claim(i, host(98));
    EXPECT_EQ(lone.node().stats().takeovers_held, Takeovers::kMostPerSource);
    EXPECT_EQ(lone.node().stats().takeovers_unasked, 40 - Takeovers::kMostPerSource);
    EXPECT_EQ(lone.node().stats().conflicts, 40 - Takeovers::kMostPerSource);
    claim(55, host(97));
    EXPECT_EQ(lone.node().stats().takeovers_held, Takeovers::kMostPerSource + 1);
}

TEST(RuleS2, OwnStandstillIsNoSilenceOfTheOldAddress) {
    LeftAsOthersSay lone;
    lone.claim();
    lone.sleep_through(5s);
    EXPECT_FALSE(lone.taken_over());
    lone.advance(1900ms);
    EXPECT_FALSE(lone.taken_over());
    lone.advance(200ms);
    EXPECT_TRUE(lone.taken_over());
}

// The old address may still lead to a member that moved, and to one that is about to end.
TEST(RuleS2, NobodyAnswersForAFormerSelf) {
    const auto acks = [](LoneNode& lone, std::uint32_t left_at, bool with_leave) {
        (void)lone.take_sent();
        std::vector<std::byte> leave(256), ping(256);
        ByteWriter of_leave{leave}, of_ping{ping};
        wire::encode_dead({.node = "me", .incarnation = Incarnation{left_at}, .from = "me"},
                          of_leave);
        wire::encode(wire::Ping{.sequence = SequenceNumber{7}, .node = "me"}, of_ping);
        std::vector<Bytes> parts;
        if (with_leave) parts.push_back(of_leave.written());
        parts.push_back(of_ping.written());
        lone.packet(lone.sealed(parts));
        return of_type(lone.take_sent(), wire::MessageType::ack).size();
    };
    LoneNode moved;
    moved.know(1);
    moved.call([](Node& n, Time at, Outbox& out) {
        return n.set_address(at, WireAddress::v4(10, 0, 0, 200), 7946, out);
    });
    EXPECT_EQ(acks(moved, 2, true), 0u);
    EXPECT_EQ(acks(moved, 2, false), 1u);
    LoneNode leaving;
    leaving.know(1);
    leaving.call([](Node& n, Time at, Outbox& out) { return n.leave(at, 5s, out); });
    EXPECT_EQ(acks(leaving, 1, true), 0u);
    EXPECT_EQ(acks(leaving, 1, false), 1u);
    LoneNode here;
    here.know(1);
    EXPECT_EQ(acks(here, 1, true), 1u);
}

TEST(RuleS2, NodeIsAcknowledgedByNameOnly) {
    const auto pinged = [](std::string_view node, std::string_view by) {
        LoneNode lone;
        lone.know(1);
        lone.encoded([&](ByteWriter& w) {
            wire::encode(wire::Ping{.sequence = SequenceNumber{7},
                                    .node = node,
                                    .source_address = WireAddress::v4(10, 0, 0, 2),
                                    .source_port = 7946,
                                    .source_node = by},
                         w);
        });
        return lone.node().acknowledged();
    };
    EXPECT_TRUE(pinged("me", "n2"));
    EXPECT_FALSE(pinged("", "n2"));
    EXPECT_FALSE(pinged("me", "unknown"));
    EXPECT_FALSE(pinged("me", "me"));
    const auto listed = [](std::uint8_t address) {
        LoneNode lone;
        const auto node = [](std::string_view name, std::uint8_t last) {
            return wire::PushPullNode{.name = name,
                                      .address = WireAddress::v4(10, 0, 0, last),
                                      .port = 7946,
                                      .incarnation = Incarnation{1},
                                      .versions = wire::kSerfVersions};
        };
        lone.peer_state({.nodes = {node("n2", 2), node("me", address)}});
        return lone.node().acknowledged();
    };
    EXPECT_TRUE(listed(1));
    EXPECT_FALSE(listed(77));
}

// --- clusters ------------------------------------------------------------------------------------

TEST(TakeoverStories, ForgedLeaveAndAClaimantThatAnswersTakeNoName) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SimCluster cluster{Options{.nodes = 5, .seed = seed}};
        cluster.start_joined();
        cluster.run_for(10s);
        Attacker attacker{cluster};
        attacker.answer_pings(true);
        const Endpoint home = cluster.node("n5").endpoint();
        for (unsigned round = 0; round < 10; ++round) {
            for (const char* to : {"n1", "n2", "n3", "n4"}) {
                const Incarnation known = cluster.node(to).core().members().find("n5")->incarnation;
                attacker.dead(to, "n5", known, "n5");
                attacker.alive(to, "n5", known.next(), attacker.here());
            }
            cluster.run_for(1s);
        }
        cluster.run_for(10s);
        for (const auto& node : cluster.nodes()) {
            const auto member = node->core().members().find("n5");
            ASSERT_TRUE(member) << seed;
            EXPECT_EQ(member->endpoint(), home) << seed << '\n' << cluster.story();
            EXPECT_EQ(member->state, State::alive) << seed << '\n' << cluster.story();
        }
        EXPECT_TRUE(cluster.nobody_saw(State::dead)) << seed << '\n' << cluster.story();
    }
}

TEST(TakeoverStories, LeaverIsBackAtAnotherAddressWithinSeconds) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SimCluster cluster{Options{.nodes = 12, .seed = seed}};
        cluster.start_joined();
        cluster.run_for(10s);
        cluster.node("n5").leave();
        cluster.run_for(2s);
        cluster.node("n5").kill();
        cluster.run_for(1s);
        cluster.move_and_restart("n5");
        cluster.node("n5").join(cluster.node("n1").endpoint());
        EXPECT_TRUE(cluster.all_see("n5", State::alive, 5s)) << seed << '\n' << cluster.story();
    }
}

}  // namespace
}  // namespace rollcall::membership
