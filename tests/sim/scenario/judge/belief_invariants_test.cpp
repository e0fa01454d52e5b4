// SPDX-License-Identifier: Apache-2.0
//
// Invariants about states and incarnations: each reports its violations, and none for the
// exceptions that the protocol makes.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "fabricated.h"

namespace rollcall::sim {
namespace {

// A run without violations.
TEST(Invariants, AnOrdinaryRunHasNoViolation) {
    Fabricated cluster{3};
    for (const std::uint32_t node : {1u, 2u, 3u}) cluster.born(node);
    cluster.joined(1, "n2");
    cluster.joined(1, "n3");
    cluster.pass(1s);
    cluster.probed(1, "n2", ProbeOutcome::failed, 1s, 1, 1);
    cluster.suspected(1, "n2", 1, "n1");
    cluster.pass(1s);
    cluster.refuted(2, 1, 2);
    cluster.cleared(1, "n2", 2);
    cluster.pass(1s);
    cluster.suspected(1, "n2", 2, "n3");
    cluster.pass(24s);
    cluster.failed(1, "n2", 2, "n1");
    cluster.pass(31s);
    cluster.reaped(1, "n2");
    cluster.born(2);
    cluster.joined(1, "n2", 1);
    cluster.left(1, "n2", 1);
    EXPECT_KEPT(cluster);
}

TEST(IncarnationNeverDecreases, BreaksOnAnOlderDeath) {
    Fabricated cluster{3};
    cluster.born(2, 5);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.failed(1, "n2", 4, "n3");
    EXPECT_TRUE(cluster.broken().contains("incarnation-never-decreases")) << cluster.story();
}

// Rule S5.
TEST(IncarnationNeverDecreases, AllowsAMembersOwnWordInTheUpperHalf) {
    constexpr std::uint32_t kMiddle = 1u << 31;
    for (const std::uint32_t before : {kMiddle - 1, kMiddle}) {
        Fabricated cluster{3};
        cluster.born(2, before);
        cluster.born(1);
        cluster.joined(1, "n2", before);
        cluster.updated(1, "n2", 7);
        const bool allowed = before >= kMiddle;
        EXPECT_EQ(cluster.broken().contains("incarnation-never-decreases"), !allowed);
        EXPECT_EQ(cluster.broken().contains("state-machine"), !allowed);
    }
}

TEST(IncarnationNeverDecreases, AllowsANameTakenOver) {
    Fabricated cluster{3};
    cluster.born(2, 5);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.left(1, "n2", 5);
    cluster.joined_from(1, "n2", 1, WireAddress::v4(10, 0, 0, 77));
    EXPECT_KEPT(cluster);
}

TEST(IncarnationNeverDecreases, AllowsAReapedMember) {
    Fabricated cluster{3};
    cluster.born(2, 5);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.failed(1, "n2", 5, "n3");
    cluster.pass(40s);
    cluster.reaped(1, "n2");
    cluster.born(2, 1);
    cluster.joined(1, "n2", 1);
    EXPECT_KEPT(cluster);
}

TEST(IncarnationNeverDecreases, IsCheckedInTheTableWithoutAnEvent) {
    Fabricated cluster{2};
    cluster.born(2, 5);
    cluster.lend(1);
    cluster.alive(1, "n2", 2, true);  // the table has 2 ...
    cluster.joined(1, "n2", 5);       // ... the event 5
    cluster.sample();
    EXPECT_TRUE(cluster.broken().contains("incarnation-never-decreases")) << cluster.story();
}

TEST(OnlyOwnIncarnationRaised, BreaksOnAnUnannouncedIncarnation) {
    Fabricated cluster{3};
    cluster.born(2, 1);
    cluster.born(1);
    cluster.joined(1, "n2", 2);
    EXPECT_BROKEN(cluster, "only-own-incarnation-raised");
}

TEST(OnlyOwnIncarnationRaised, BreaksOnARefutationNotAboveTheAccusation) {
    Fabricated cluster{3};
    cluster.born(1);
    cluster.refuted(1, 1, 1);
    EXPECT_BROKEN(cluster, "only-own-incarnation-raised");
}

TEST(OnlyOwnIncarnationRaised, RemembersEarlierProcesses) {
    Fabricated cluster{3};
    cluster.born(2, 1);
    cluster.refuted(2, 6, 7);
    cluster.born(2, 1);
    cluster.born(1);
    cluster.joined(1, "n2", 7);
    EXPECT_KEPT(cluster);
}

struct Transition {
    const char* why;
    std::function<void(Fabricated&)> way;

    friend void PrintTo(const Transition& transition, std::ostream* out) { *out << transition.why; }
};
class ForbiddenTransitions : public testing::TestWithParam<Transition> {};

TEST_P(ForbiddenTransitions, BreakTheStateMachine) {
    Fabricated cluster{3};
    cluster.born(2, 9);  // announced, so that only the transition is wrong
    cluster.born(3, 9);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    GetParam().way(cluster);
    EXPECT_BROKEN(cluster, "state-machine") << GetParam().why;
}

INSTANTIATE_TEST_SUITE_P(
    StateMachine, ForbiddenTransitions,
    testing::Values(
        Transition{"an unknown member is not suspected",
                   [](Fabricated& c) { c.suspected(1, "n3", 5, "n2"); }},
        Transition{"a dead member is not suspected",
                   [](Fabricated& c) {
                       c.failed(1, "n2", 5, "n3");
                       c.suspected(1, "n2", 5, "n3");
                   }},
        Transition{"a dead member does not die again",
                   [](Fabricated& c) {
                       c.failed(1, "n2", 5, "n3");
                       c.failed(1, "n2", 6, "n3");
                   }},
        Transition{"a left member does not leave again",
                   [](Fabricated& c) {
                       c.left(1, "n2", 5);
                       c.left(1, "n2", 5);
                   }},
        Transition{"an alive member does not join", [](Fabricated& c) { c.joined(1, "n2", 6); }},
        Transition{"a dead member is revived only by a newer claim",
                   [](Fabricated& c) {
                       c.failed(1, "n2", 5, "n3");
                       c.joined(1, "n2", 5);
                   }},
        Transition{"a suspect is cleared only by a newer claim",
                   [](Fabricated& c) {
                       c.suspected(1, "n2", 5, "n3");
                       c.cleared(1, "n2", 5);
                   }},
        Transition{"an alive member is not cleared", [](Fabricated& c) { c.cleared(1, "n2", 6); }},
        Transition{"an alive member is not reaped",
                   [](Fabricated& c) {
                       c.pass(60s);
                       c.reaped(1, "n2");
                   }},
        Transition{"a dead member's name is not free at once",
                   [](Fabricated& c) {
                       c.probed(1, "n2", ProbeOutcome::acked, 10ms);
                       c.failed(1, "n2", 5, "n3");
                       c.joined_from(1, "n2", 6, WireAddress::v4(10, 0, 0, 77));
                   }},
        Transition{"an alive member keeps its address",
                   [](Fabricated& c) {
                       c.probed(1, "n2", ProbeOutcome::acked, 10ms);
                       c.updated_from(1, "n2", 6, WireAddress::v4(10, 0, 0, 77));
                   }},
        Transition{"a node does not declare itself dead",
                   [](Fabricated& c) { c.failed(1, "n1", 1, "n3"); }}));

TEST(StateMachine, AllowsADeadNameAfterTheReclaimTime) {
    Fabricated cluster{3, [](Scenario& s) { s.profile.dead_node_reclaim = 5s; }};
    cluster.born(2, 9);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.failed(1, "n2", 5, "n3");
    cluster.pass(6s);
    cluster.joined_from(1, "n2", 1, WireAddress::v4(10, 0, 0, 77));
    EXPECT_KEPT(cluster);
}

// Only a relay said that it was there.
TEST(StateMachine, AllowsANameThatNeverAnsweredToMove) {
    Fabricated cluster{3};
    cluster.born(2, 9);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.probed(1, "n2", ProbeOutcome::acked_by_relay, 10ms);
    cluster.updated_from(1, "n2", 1, WireAddress::v4(10, 0, 0, 77));
    cluster.failed(1, "n2", 1, "n3");
    cluster.joined_from(1, "n2", 1, WireAddress::v4(10, 0, 0, 78));
    EXPECT_KEPT(cluster);
}

TEST(EventsMatchMembers, BreaksOnAMemberWithoutAnEvent) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1, true);
    cluster.sample();
    EXPECT_BROKEN(cluster, "events-match-members");
}

TEST(EventsMatchMembers, BreaksOnAStateWithoutAnEvent) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.sample();
    EXPECT_KEPT(cluster);
    cluster.suspected(1, "n2", 1, "n9");  // an event that the table contradicts
    cluster.sample();
    EXPECT_BROKEN(cluster, "events-match-members");
}

}  // namespace
}  // namespace rollcall::sim
