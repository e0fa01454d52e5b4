// SPDX-License-Identifier: Apache-2.0
//
// Claims about ourselves, and names claimed at another address. Rules S2, S4, S5.
#include <gtest/gtest.h>

#include "lone_node.h"
#include "membership/claims.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

const WireAddress kOurs = WireAddress::v4(10, 0, 0, 1);
const WireAddress kHome = WireAddress::v4(10, 0, 0, 99);
const WireAddress kElsewhere = WireAddress::v4(10, 0, 0, 98);

AliveClaim about_me(std::uint32_t incarnation) {
    return {.node = "me", .incarnation = incarnation, .address = kOurs};
}

// The incarnation of our queued alive claim; 0 for none.
std::uint32_t refuted_with(LoneNode& lone) {
    const auto reported = of_type(lone.broadcasts(), wire::MessageType::alive);
    if (reported.size() != 1 || reported[0].alive().node != "me") return 0;
    return reported[0].alive().incarnation.value();
}

TEST(RuleS4, AccusationIsRefutedWithNextIncarnation) {
    for (const std::uint32_t accused : {1u, 2u, 53u}) {
        LoneNode lone;
        lone.suspect("me", accused, "n2");
        EXPECT_EQ(refuted_with(lone), accused + 1);
        EXPECT_EQ(lone.state("me"), State::alive);
        EXPECT_EQ(lone.node().health_score(), 1u);
        const auto reported = lone.take_events<Refuted>();
        ASSERT_EQ(reported.size(), 1u);
        EXPECT_EQ(reported[0].from, "n2");
        EXPECT_EQ(reported[0].accused, Incarnation{accused});
        EXPECT_EQ(reported[0].now, Incarnation{accused + 1});
    }
}

TEST(RuleS4, DeadAndLeaveClaimsAboutUsAreRefuted) {
    for (const char* from : {"n2", "me"}) {
        LoneNode lone;
        lone.dead("me", 7, from);
        EXPECT_EQ(refuted_with(lone), 8u) << from;
        EXPECT_EQ(lone.state("me"), State::alive);
    }
}

TEST(RuleS4, OlderAccusationIsIgnored) {
    LoneNode lone;
    lone.suspect("me", 53, "n2");
    lone.drain();
    lone.suspect("me", 53, "n3");
    lone.dead("me", 53, "n3");
    EXPECT_TRUE(lone.broadcasts().empty());
    EXPECT_EQ(lone.incarnation("me"), 54u);
}

TEST(RuleS4, AliveAboutUsIsRefutedOnlyIfItDiffers) {
    struct Case {
        AliveClaim claim;
        std::uint32_t answer;
        const char* why;
    };
    AliveClaim other_meta = about_me(5);
    other_meta.meta = "something else";
    AliveClaim other_versions = about_me(5);
    other_versions.versions = wire::Versions{1, 5, 2, 2, 5, 4};
    const Case cases[]{
        {about_me(4), 0, "older"},
        {about_me(5), 0, "exactly what we say"},
        {about_me(6), 7, "newer, though it says the same"},
        {other_meta, 6, "other metadata under our incarnation"},
        {other_versions, 6, "other versions under our incarnation"},
    };
    for (const Case& c : cases) {
        LoneNode lone;
        lone.suspect("me", 4, "n2");  // brings us to incarnation 5
        lone.drain();
        lone.alive(c.claim);
        EXPECT_EQ(refuted_with(lone), c.answer) << c.why;
    }
}

// A forged claim may have reached one member only, at an incarnation that its subject also has.
TEST(RuleS4, ASubjectLearnsOfAnotherClaimWithItsIncarnation) {
    LoneNode lone{[](Config& c) { c.variant = Config::lan().variant; }};
    const auto claim = [&](const char* meta, std::uint32_t incarnation) {
        lone.alive({.node = "x",
                    .incarnation = incarnation,
                    .address = WireAddress::v4(10, 0, 0, 7),
                    .meta = meta});
        return lone.take_sent();
    };
    (void)claim("forged", 5);
    EXPECT_TRUE(claim("forged", 5).empty());
    EXPECT_TRUE(claim("own", 4).empty());
    const auto sent = claim("own", 5);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, host(7));
    const auto claims = of_type(sent, wire::MessageType::alive);
    ASSERT_EQ(claims.size(), 1u);
    EXPECT_EQ(as_text(*claims[0].alive().meta), "forged");
    (void)claim("own", 6);
    EXPECT_EQ(lone.member("x")->meta(), "own");
}

TEST(RuleS4, RefutationReplacesOnlyAnOlderRefutation) {
    LoneNode lone;
    lone.alive({.node = "n2"});
    lone.suspect("me", 5, "n2");
    lone.suspect("me", 9, "n2");
    const auto reported = of_type(lone.broadcasts(), wire::MessageType::alive);
    ASSERT_EQ(reported.size(), 2u);  // n2's alive, and one refutation
    EXPECT_EQ(lone.incarnation("me"), 10u);
}

TEST(RuleS4, LeavingNodeDoesNotRefute) {
    LoneNode lone;
    lone.know(2);
    lone.call([](Node& n, Time at, Outbox& out) { n.leave(at, 5s, out); });
    lone.drain();
    lone.suspect("me", 9, "n2");
    lone.dead("me", 9, "n2");
    lone.alive(about_me(9));
    EXPECT_TRUE(lone.broadcasts().empty());
    EXPECT_EQ(lone.state("me"), State::left);
    EXPECT_EQ(lone.incarnation("me"), 1u);
}

// One forged datagram must not use up the range of our later incarnations.
TEST(RuleS5, ForgedHighIncarnationIsNotOutbid) {
    LoneNode lone;
    for (const std::uint32_t accused : {0xffffffffu, 0xfffffffeu, 0xfffffffdu, 0x80000202u}) {
        lone.suspect("me", accused, "n2");
        lone.dead("me", accused, "me");
        lone.alive(about_me(accused));
    }
    EXPECT_EQ(lone.incarnation("me"), 1u);
    EXPECT_EQ(lone.state("me"), State::alive);
    EXPECT_EQ(lone.node().stats().claims_unbeatable, 4u * 3u);
    EXPECT_EQ(lone.node().stats().refutations, 0u);
    EXPECT_EQ(lone.node().health_score(), 0u);  // no effect on our health
    EXPECT_EQ(refuted_with(lone), 1u);          // our claim repeated
    EXPECT_TRUE(lone.take_events<Refuted>().empty());
}

TEST(RuleS5, RestartedMemberOutbidsItsPreviousLife) {
    for (const std::uint32_t remembered : {2u, 1u << 24, (1u << 24) + 2, 1u << 30, 1u << 31}) {
        LoneNode by_alive, by_suspicion, by_state;
        by_alive.alive(about_me(remembered));
        EXPECT_EQ(refuted_with(by_alive), remembered + 1);
        by_suspicion.suspect("me", remembered, "n2");
        EXPECT_EQ(refuted_with(by_suspicion), remembered + 1);
        by_state.peer_state({.nodes = {{.name = "me",
                                        .address = kOurs,
                                        .port = 7946,
                                        .incarnation = Incarnation{remembered},
                                        .state = wire::NodeState::left,
                                        .versions = wire::kSerfVersions}}});
        EXPECT_EQ(refuted_with(by_state), remembered + 1);
    }
}

TEST(RuleS5, AboveTheLimitOnlySmallStepsAreOutbid) {
    LoneNode lone;
    lone.suspect("me", 1u << 31, "n2");
    const std::uint32_t ours = (1u << 31) + 1;
    ASSERT_EQ(lone.incarnation("me"), ours);
    lone.suspect("me", ours + kIncarnations.upper_step + 1, "n2");
    lone.suspect("me", 0xfffffffd, "n2");
    EXPECT_EQ(lone.incarnation("me"), ours);
    lone.suspect("me", ours, "n2");
    EXPECT_EQ(lone.incarnation("me"), ours + 1);
    // There is room left for our own updates.
    const auto updated = lone.call([](Node& node, Time at, Outbox& out) {
        return node.update_meta(at, as_bytes("new"), 1s, out);
    });
    ASSERT_TRUE(updated);
    EXPECT_EQ(lone.incarnation("me"), ours + 2);
}

TEST(RuleS2, NameOfLiveMemberIsNotTakenOver) {
    for (const bool suspect : {false, true}) {
        LoneNode lone;
        lone.know(3);
        lone.alive({.node = "x", .incarnation = 5, .address = kHome});
        if (suspect) lone.suspect("x", 5, "n2");
        lone.drain();
        lone.forget_events();
        lone.alive({.node = "x", .incarnation = 50, .address = kElsewhere});
        EXPECT_EQ(lone.member("x")->address(), kHome);
        EXPECT_EQ(lone.incarnation("x"), 5u);
        EXPECT_TRUE(lone.broadcasts().empty());
        const auto conflicts = lone.take_events<NameConflict>();
        ASSERT_EQ(conflicts.size(), 1u);
        EXPECT_EQ(conflicts[0].existing.address, kHome);
        EXPECT_EQ(conflicts[0].other_address, kElsewhere);
        EXPECT_EQ(lone.node().stats().conflicts, 1u);
        EXPECT_TRUE(lone.events().empty());
    }
}

TEST(RuleS2, DifferentPortIsDifferentAddress) {
    LoneNode lone;
    lone.alive({.node = "x", .incarnation = 5, .address = kHome, .port = 7946});
    lone.alive({.node = "x", .incarnation = 6, .address = kHome, .port = 7947});
    EXPECT_EQ(lone.member("x")->port(), 7946);
    EXPECT_EQ(lone.node().stats().conflicts, 1u);
}

TEST(RuleS2, MappedFormIsDifferentAddress) {
    LoneNode lone;
    lone.alive({.node = "x", .incarnation = 5, .address = kHome});
    std::array<std::byte, 16> mapped{};
    mapped[10] = mapped[11] = std::byte{0xff};
    std::copy(kHome.bytes().begin(), kHome.bytes().end(), mapped.begin() + 12);
    lone.alive({.node = "x", .incarnation = 6, .address = *WireAddress::from_bytes(mapped)});
    EXPECT_EQ(lone.incarnation("x"), 5u);
    EXPECT_EQ(lone.node().stats().conflicts, 1u);
}

TEST(RuleS2, NameOfLeftMemberIsFreeAtOnce) {
    for (const std::uint32_t incarnation : {1u, 5u, 6u}) {
        LoneNode lone;
        lone.alive({.node = "x", .incarnation = 5, .address = kHome});
        lone.leaves_by_stream("x", 5, host(99));
        lone.drain();
        lone.forget_events();
        lone.alive({.node = "x", .incarnation = incarnation, .address = kElsewhere});
        EXPECT_EQ(lone.state("x"), State::alive);
        EXPECT_EQ(lone.member("x")->address(), kElsewhere);
        EXPECT_EQ(lone.incarnation("x"), incarnation);
        EXPECT_EQ(lone.take_events<MemberJoined>().size(), 1u);
        EXPECT_EQ(lone.broadcasts().size(), 1u);
    }
}

TEST(RuleS2, NameOfDeadMemberIsFreeAfterReclaimTime) {
    const auto taken_over = [](Duration reclaim, Duration wait) {
        LoneNode lone{[=](Config& c) {
            c.dead_node_reclaim = reclaim;
            c.gossip_to_the_dead = 1h;
        }};
        lone.alive({.node = "x", .incarnation = 5, .address = kHome});
        lone.dead("x", 5, "n2");
        lone.advance(wait);
        lone.alive({.node = "x", .incarnation = 1, .address = kElsewhere});
        return lone.state("x") == State::alive;
    };
    EXPECT_FALSE(taken_over({}, 50min));
    EXPECT_FALSE(taken_over(30s, 30s));
    EXPECT_TRUE(taken_over(30s, 30s + 1ms));
}

TEST(RuleS2, ClaimOfOurNameAtOtherAddressChangesNothing) {
    LoneNode lone;
    lone.alive({.node = "me", .incarnation = 50, .address = kElsewhere});
    EXPECT_EQ(lone.incarnation("me"), 1u);
    EXPECT_EQ(lone.member("me")->address(), kOurs);
    EXPECT_TRUE(lone.broadcasts().empty());
    EXPECT_EQ(lone.take_events<NameConflict>().size(), 1u);
}

}  // namespace
}  // namespace rollcall::membership
