// SPDX-License-Identifier: Apache-2.0
//
// How long a suspect has, and what shortens it. The figures are those of real peers, worked out by
// hand from the formulas. Rules T1, T2, T3.
#include <gtest/gtest.h>

#include <string>

#include "lone_node.h"
#include "membership/suspicion.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(RuleT1, TheBoundsFollowTheProfileAndTheSizeOfTheCluster) {
    struct Row {
        Config config;
        std::size_t members;
        unsigned expected;
        Duration min, max;
    };
    const Row rows[]{
        {Config::lan(), 1, 0, 4s, 24s},
        {Config::lan(), 2, 0, 4s, 24s},
        {Config::lan(), 3, 0, 4s, 24s},
        {Config::lan(), 4, 2, 4s, 24s},
        {Config::lan(), 10, 2, 4s, 24s},
        {Config::lan(), 11, 2, 4164ms, 24984ms},  // log10(11) = 1.0413..., in thousandths
        {Config::lan(), 100, 2, 8s, 48s},
        {Config::lan(), 1000, 2, 12s, 72s},
        {Config::wan(), 5, 0, 30s, 180s},
        {Config::wan(), 6, 4, 30s, 180s},
        {Config::wan(), 10, 4, 30s, 180s},
        {Config::local(), 2, 0, 3s, 18s},
        {Config::local(), 3, 1, 3s, 18s},
        {Config::local(), 10, 1, 3s, 18s},
    };
    for (const Row& row : rows) {
        const SuspicionBounds bounds = suspicion_bounds(row.config, row.members);
        EXPECT_EQ(bounds.expected, row.expected) << row.members;
        EXPECT_EQ(bounds.min, row.min) << row.members;
        EXPECT_EQ(bounds.max, row.max) << row.members;
    }
}

TEST(RuleT1, LowMultiplierExpectsNoConfirmations) {
    Config config = Config::lan();
    for (const unsigned mult : {1u, 2u}) {
        config.suspicion_mult = mult;
        EXPECT_EQ(suspicion_bounds(config, 50).expected, 0u);
        EXPECT_GT(suspicion_bounds(config, 50).min, Duration{});
    }
}

TEST(RuleT2, ConfirmationsShrinkTheTimeoutToTheMillisecond) {
    struct Row {
        Config config;
        std::size_t members;
        std::vector<Duration> after;  // 0, 1, 2, ... confirmations
    };
    const Row rows[]{
        {Config::lan(), 3, {4s}},
        {Config::lan(), 8, {24s, 11381ms, 4s}},
        {Config::lan(), 100, {48s, 22762ms, 8s}},
        {Config::wan(), 8, {180s, 115398ms, 77609ms, 50797ms, 30s}},
        {Config::local(), 5, {18s, 3s}},
    };
    for (const Row& row : rows) {
        const SuspicionBounds bounds = suspicion_bounds(row.config, row.members);
        for (unsigned c = 0; c < row.after.size(); ++c) {
            EXPECT_EQ(suspicion_timeout(bounds, c), row.after[c])
                << row.members << " members, " << c << " confirmations";
        }
    }
}

TEST(RuleT2, TheTimeoutNeverLeavesItsBoundsAndNeverGrows) {
    for (unsigned mult = 1; mult <= 8; ++mult) {
        for (unsigned factor = 1; factor <= 8; ++factor) {
            Config config = Config::lan();
            config.suspicion_mult = mult;
            config.suspicion_max_timeout_mult = factor;
            for (const std::size_t members : {1u, 2u, 3u, 7u, 10u, 99u, 5000u}) {
                const SuspicionBounds bounds = suspicion_bounds(config, members);
                Duration before = bounds.max;
                for (unsigned c = 0; c <= bounds.expected; ++c) {
                    const Duration timeout = suspicion_timeout(bounds, c);
                    EXPECT_GE(timeout, bounds.min);
                    EXPECT_LE(timeout, before);
                    before = timeout;
                }
                EXPECT_EQ(before, bounds.min);
            }
        }
    }
}

// LAN timings, with all others answering.
struct LanNode : LoneNode {
    explicit LanNode(unsigned others)
        : LoneNode{[](Config& c) { c.probe_interval = std::chrono::seconds{1}; }} {
        know(others - 1);
        alive({.node = "x", .incarnation = 3, .address = WireAddress::v4(10, 0, 0, 99)});
        drain();
        forget_events();
        answer_pings();
    }
    // Not yet at one millisecond before `at`, certainly one after.
    void expect_death_of_x(Time at) {
        advance(at - 1ms - now());
        EXPECT_EQ(state("x"), State::suspect);
        EXPECT_TRUE(take_events<MemberFailed>().empty());
        advance(2ms);
        EXPECT_EQ(state("x"), State::dead);
        const auto failed = take_events<MemberFailed>();
        ASSERT_EQ(failed.size(), 1u);
        EXPECT_EQ(failed[0].from, "me");
        const auto reported = of_type(broadcasts(), wire::MessageType::dead);
        ASSERT_EQ(reported.size(), 1u);
        EXPECT_EQ(reported[0].accusation().from, "me");
        EXPECT_EQ(reported[0].accusation().incarnation, Incarnation{3});
    }
};

TEST(RuleT2, AloneAnAccuserWaitsForTheMaximum) {
    LanNode lone{6};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    lone.expect_death_of_x(start + 24s);
}

TEST(RuleT2, OneConfirmationLeavesElevenSeconds) {
    LanNode lone{6};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    lone.advance(5s);
    lone.suspect("x", 3, "n3");
    lone.expect_death_of_x(start + 11381ms);
}

TEST(RuleT2, EnoughConfirmationsAfterTheMinimumFireAtOnce) {
    LanNode lone{6};
    lone.suspect("x", 3, "n2");
    lone.advance(7s);
    lone.suspect("x", 3, "n3");
    lone.suspect("x", 3, "n4");
    EXPECT_EQ(lone.state("x"), State::suspect);
    lone.advance({});
    EXPECT_EQ(lone.state("x"), State::dead);
}

TEST(RuleT2, SmallestClusterUsesMinimum) {
    LanNode lone{2};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    lone.expect_death_of_x(start + 4s);
}

TEST(RuleT2, ClusterSizeAtStartDeterminesBounds) {
    LanNode lone{6};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    for (unsigned i = 0; i < 200; ++i) {
        const std::string name = "late" + std::to_string(i);
        lone.alive(
            {.node = name, .address = WireAddress::v4(10, 0, 3, static_cast<std::uint8_t>(i))});
    }
    lone.drain();
    lone.expect_death_of_x(start + 24s);
}

TEST(RuleT2, RefutationStopsSuspicion) {
    LanNode lone{6};
    lone.suspect("x", 3, "n2");
    lone.advance(23s);
    lone.alive({.node = "x", .incarnation = 4, .address = WireAddress::v4(10, 0, 0, 99)});
    lone.advance(60s);
    EXPECT_EQ(lone.state("x"), State::alive);
}

TEST(RuleT3, EachAccuserCountsOnceAndTheFirstNever) {
    LanNode lone{8};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    lone.drain();
    lone.suspect("x", 3, "n2");
    EXPECT_TRUE(lone.broadcasts().empty()) << "the first accuser";
    lone.suspect("x", 3, "n3");
    EXPECT_FALSE(lone.broadcasts().empty()) << "the first confirmation is gossiped";
    lone.drain();
    lone.suspect("x", 3, "n3");
    EXPECT_TRUE(lone.broadcasts().empty()) << "the same one again";
    lone.expect_death_of_x(start + 11381ms);
}

TEST(RuleT3, ConfirmationsBeyondExpectedAreNotGossiped) {
    LanNode lone{8};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    lone.suspect("x", 3, "n3");
    lone.suspect("x", 3, "n4");
    lone.drain();
    lone.suspect("x", 3, "n5");
    EXPECT_TRUE(lone.broadcasts().empty());
    lone.expect_death_of_x(start + 4s);
}

TEST(RuleT3, AConfirmationOfAnOlderIncarnationDoesNotCount) {
    LanNode lone{8};
    const Time start = lone.now();
    lone.suspect("x", 3, "n2");
    lone.drain();
    lone.suspect("x", 2, "n3");
    EXPECT_TRUE(lone.broadcasts().empty());
    lone.expect_death_of_x(start + 24s);
}

TEST(RuleT3, ConfirmationIsGossipedUnchanged) {
    LanNode lone{8};
    lone.suspect("x", 3, "n2");
    lone.drain();
    lone.suspect("x", 5, "n3");
    const auto reported = lone.broadcasts();
    ASSERT_EQ(reported.size(), 1u);
    EXPECT_EQ(reported[0].accusation().from, "n3");
    EXPECT_EQ(reported[0].accusation().incarnation, Incarnation{5});
    EXPECT_EQ(lone.incarnation("x"), 3u);
}

}  // namespace
}  // namespace rollcall::membership
