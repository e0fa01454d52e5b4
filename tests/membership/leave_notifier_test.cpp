// SPDX-License-Identifier: Apache-2.0
//
// Leaves sent directly: in answer to accusations and pings (rule S7), and by the leaver itself
// (L3).
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

// Leaves that the node sent: recipient, subject, incarnation.
struct Leave {
    Endpoint to;
    std::string who;
    std::uint32_t incarnation;
    friend bool operator==(const Leave&, const Leave&) = default;
};

std::vector<Leave> leaves_in(const std::vector<Sent>& sent) {
    std::vector<Leave> leaves;
    for (const Sent& packet : sent) {
        for (const Message& message : packet.messages) {
            if (message.type != wire::MessageType::dead) continue;
            const wire::Accusation claim = message.accusation();
            if (claim.from != claim.node) continue;
            leaves.push_back({packet.to, std::string{claim.node}, claim.incarnation.value()});
        }
    }
    return leaves;
}

// Knows n2 to n5, and that x left at incarnation 5.
class KnowsOfALeave : public LoneNode {
public:
    explicit KnowsOfALeave(const Tweak& tweak = {}) : LoneNode{tweak} {
        know(4);
        alive({.node = "x", .incarnation = 5, .address = WireAddress::v4(10, 0, 0, 99)});
        dead("x", 5, "x");
        drain();
        (void)take_sent();
        forget_events();
    }
    void suspect_from(std::string_view node, std::uint32_t incarnation, std::string_view accuser,
                      Endpoint from) {
        encoded(
            [&](ByteWriter& w) {
                wire::encode_suspect(
                    {.node = node, .incarnation = Incarnation{incarnation}, .from = accuser}, w);
            },
            from);
    }
};

TEST(RuleS7, AccuserOfLeftMemberGetsTheLeave) {
    KnowsOfALeave lone;
    lone.suspect_from("x", 5, "n2", host(2));
    EXPECT_EQ(leaves_in(lone.take_sent()), (std::vector<Leave>{{host(2), "x", 5}}));
    EXPECT_EQ(lone.node().stats().leaves_told, 1u);
    EXPECT_EQ(lone.state("x"), State::left);
    EXPECT_TRUE(lone.events().empty());
}

TEST(RuleS7, AccuserAndSenderBothGetTheLeave) {
    KnowsOfALeave lone;
    lone.suspect_from("x", 4, "n2", host(3));
    EXPECT_EQ(leaves_in(lone.take_sent()),
              (std::vector<Leave>{{host(2), "x", 5}, {host(3), "x", 5}}));
}

TEST(RuleS7, DeadClaimIsAnsweredLikeSuspicion) {
    KnowsOfALeave lone;
    lone.dead("x", 5, "n4");
    EXPECT_EQ(leaves_in(lone.take_sent()), (std::vector<Leave>{{host(4), "x", 5}}));
    // The leave itself is not an accusation.
    lone.advance(2s);
    (void)lone.take_sent();
    lone.dead("x", 5, "x");
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
}

TEST(RuleS7, NewerAccusationIsNotAnswered) {
    KnowsOfALeave lone;
    lone.suspect_from("x", 6, "n2", host(2));
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
    lone.advance(2s);
    (void)lone.take_sent();
    // x never announced a leave in incarnation 6.
    lone.suspect_from("x", 6, "n2", host(2));
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
}

TEST(RuleS7, ReturnedMemberIsNotReportedAsLeft) {
    KnowsOfALeave lone;
    lone.alive({.node = "x", .incarnation = 6, .address = WireAddress::v4(10, 0, 0, 99)});
    lone.drain();
    (void)lone.take_sent();
    lone.suspect_from("x", 5, "n2", host(2));
    lone.suspect_from("x", 6, "n2", host(2));
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
    EXPECT_EQ(lone.state("x"), State::suspect);
}

TEST(RuleS7, AnswersGoToMembersOncePerSecond) {
    KnowsOfALeave lone;
    lone.suspect_from("x", 5, "unknown", host(200));
    EXPECT_TRUE(lone.take_sent().empty());
    for (int i = 0; i < 50; ++i) lone.suspect_from("x", 5, "n2", host(200));
    EXPECT_EQ(leaves_in(lone.take_sent()).size(), 1u);
    EXPECT_EQ(lone.node().stats().leaves_untold, 0u);  // already sent
}

TEST(RuleS7, AnswersAreRateLimitedAndCounted) {
    LoneNode lone;
    lone.know(100);
    lone.alive({.node = "x", .incarnation = 5, .address = WireAddress::v4(10, 0, 1, 99)});
    lone.dead("x", 5, "x");
    lone.drain();
    (void)lone.take_sent();
    for (int i = 2; i <= 101; ++i) lone.dead("x", 5, "n" + std::to_string(i));
    EXPECT_EQ(leaves_in(lone.take_sent()).size(), 64u);
    EXPECT_EQ(lone.node().stats().leaves_told, 64u);
    EXPECT_EQ(lone.node().stats().leaves_untold, 36u);
}

TEST(RuleS7, IndirectPingOfLeftMemberGetsTheLeave) {
    KnowsOfALeave lone;
    const auto ask = [&](WireAddress target) {
        lone.encoded(
            [&](ByteWriter& w) {
                wire::encode(wire::IndirectPing{.sequence = SequenceNumber{7},
                                                .node = "x",
                                                .target = target,
                                                .port = 7946,
                                                .source_node = "n3"},
                             w);
            },
            host(3));
    };
    ask(WireAddress::v4(10, 0, 0, 98));  // the asker has another address for it
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
    ask(WireAddress::v4(10, 0, 0, 99));
    EXPECT_EQ(leaves_in(lone.take_sent()), (std::vector<Leave>{{host(3), "x", 5}}));
}

TEST(RuleS7, LeaveIsKeptAfterReaping) {
    KnowsOfALeave lone{[](Config& c) { c.probe_interval = 1s; }};
    lone.answer_pings();
    lone.advance(60s);
    ASSERT_FALSE(lone.state("x")) << "it is reaped by now";
    (void)lone.take_sent();
    lone.suspect_from("x", 6, "n2", host(2));
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
    lone.suspect_from("x", 5, "n2", host(2));
    EXPECT_EQ(leaves_in(lone.take_sent()), (std::vector<Leave>{{host(2), "x", 5}}));
    // Until it is back.
    lone.alive({.node = "x", .incarnation = 1, .address = WireAddress::v4(10, 0, 0, 99)});
    lone.dead("x", 1, "n2");
    lone.advance(60s);
    ASSERT_FALSE(lone.state("x"));
    (void)lone.take_sent();
    lone.suspect_from("x", 1, "n2", host(2));
    EXPECT_TRUE(leaves_in(lone.take_sent()).empty());
}

// Each may hold the other dead at an incarnation that the other does not know. Without a third
// member they would not meet again.
TEST(RuleS7, AnOutdatedClaimOfAMemberThatIsDeadHereIsAnsweredWithItsDeath) {
    for (const char* accuser : {"n2", "x"}) {  // dead, left
        LoneNode lone{[](Config& c) { c.variant = Config::lan().variant; }};
        lone.alive({.node = "x", .incarnation = 5, .address = WireAddress::v4(10, 0, 0, 7)});
        lone.dead("x", 5, accuser);
        lone.dead("x", 7, "n2");
        (void)lone.take_sent();
        const auto claim = [&](std::uint32_t incarnation, Endpoint from) {
            lone.alive(
                {.node = "x", .incarnation = incarnation, .address = WireAddress::v4(10, 0, 0, 7)},
                from);
            return of_type(lone.take_sent(), wire::MessageType::dead);
        };
        EXPECT_TRUE(claim(6, host(8)).empty()) << "another says so";
        const auto answers = claim(6, host(7));
        ASSERT_EQ(answers.size(), 1u);
        EXPECT_EQ(answers[0].accusation().incarnation, Incarnation{7});
        EXPECT_EQ(answers[0].accusation().from, "me");
        EXPECT_TRUE(claim(8, host(7)).empty());
        EXPECT_EQ(lone.member("x")->state, State::alive);
    }
}

TEST(RuleL3, LeaverSendsLeaveDirectlyInBatches) {
    LoneNode lone{[](Config& c) { c.gossip_interval = 200ms; }};
    lone.know(50);
    lone.drain();
    (void)lone.take_sent();
    lone.call([](Node& node, Time now, Outbox& out) { node.leave(now, 5s, out); });
    std::vector<Leave> leaves = leaves_in(lone.take_sent());
    EXPECT_EQ(leaves.size(), 32u);
    lone.advance(300ms);
    for (const Leave& leave : leaves_in(lone.take_sent())) leaves.push_back(leave);
    std::map<std::string, int> reported;
    for (const Leave& leave : leaves) ++reported[leave.to.to_string()];
    EXPECT_EQ(reported.size(), 50u);
}

TEST(RuleL3, TheLeaverAnswersPingsAndAccusationsWithItsLeave) {
    LoneNode lone;
    lone.know(4);
    lone.call([](Node& node, Time now, Outbox& out) { node.leave(now, 5s, out); });
    lone.drain();
    lone.advance(5s);
    (void)lone.take_sent();
    lone.encoded(
        [&](ByteWriter& w) {
            wire::encode(wire::Ping{.sequence = SequenceNumber{9},
                                    .node = "me",
                                    .source_address = WireAddress::v4(10, 0, 0, 2),
                                    .source_port = 7946,
                                    .source_node = "n2"},
                         w);
        },
        host(2));
    const std::vector<Sent> sent = lone.take_sent();
    EXPECT_EQ(of_type(sent, wire::MessageType::ack).size(), 1u);
    const std::uint32_t mine = lone.incarnation("me");
    EXPECT_EQ(leaves_in(sent), (std::vector<Leave>{{host(2), "me", mine}}));
    lone.suspect("me", mine, "n3");
    EXPECT_EQ(leaves_in(lone.take_sent()), (std::vector<Leave>{{host(3), "me", mine}}));
}

}  // namespace
}  // namespace rollcall::membership
