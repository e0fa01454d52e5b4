// SPDX-License-Identifier: Apache-2.0
//
// Invariants about what is believed of whom: each breaks where it should, and is silent about the
// exceptions that the protocol makes itself.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "fabricated.h"

namespace rollcall::sim {
namespace {

// A watched life without anything wrong in it, for contrast.
TEST(Invariants, AnOrdinaryLifeBreaksNoPromise) {
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

TEST(IncarnationNeverFalls, AnOlderDeathThatIsBelievedBreaksIt) {
    Fabricated cluster{3};
    cluster.born(2, 5);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.failed(1, "n2", 4, "n3");
    EXPECT_TRUE(cluster.broken().contains("incarnation-never-decreases")) << cluster.story();
}

TEST(IncarnationNeverFalls, ATakenOverNameMayBeginAnew) {
    Fabricated cluster{3};
    cluster.born(2, 5);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.left(1, "n2", 5);
    cluster.joined_from(1, "n2", 1, WireAddress::v4(10, 0, 0, 77));
    EXPECT_KEPT(cluster);
}

TEST(IncarnationNeverFalls, AForgottenMemberMayBeginAnew) {
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

TEST(IncarnationNeverFalls, ItIsSeenInTheTableWhereNoEventTellsOfIt) {
    Fabricated cluster{2};
    cluster.born(2, 5);
    cluster.lend(1);
    cluster.alive(1, "n2", 2, true);  // holds 2 ...
    cluster.joined(1, "n2", 5);       // ... and said 5
    cluster.sample();
    EXPECT_TRUE(cluster.broken().contains("incarnation-never-decreases")) << cluster.story();
}

TEST(OnlyTheMemberRaisesItself, AnIncarnationThatItNeverAnnouncedBreaksIt) {
    Fabricated cluster{3};
    cluster.born(2, 1);
    cluster.born(1);
    cluster.joined(1, "n2", 2);
    EXPECT_BROKEN(cluster, "only-own-incarnation-raised");
}

TEST(OnlyTheMemberRaisesItself, SoDoesARefutationThatIsNotAboveTheAccusation) {
    Fabricated cluster{3};
    cluster.born(1);
    cluster.refuted(1, 1, 1);
    EXPECT_BROKEN(cluster, "only-own-incarnation-raised");
}

TEST(OnlyTheMemberRaisesItself, FormerLivesAreRemembered) {
    Fabricated cluster{3};
    cluster.born(2, 1);
    cluster.refuted(2, 6, 7);
    cluster.born(2, 1);
    cluster.born(1);
    cluster.joined(1, "n2", 7);
    EXPECT_KEPT(cluster);
}

struct Arrow {
    const char* why;
    std::function<void(Fabricated&)> way;

    friend void PrintTo(const Arrow& arrow, std::ostream* out) { *out << arrow.why; }
};
class ForbiddenArrows : public testing::TestWithParam<Arrow> {};

TEST_P(ForbiddenArrows, BreakTheStateMachine) {
    Fabricated cluster{3};
    cluster.born(2, 9);  // announced: so that only the arrow is wrong
    cluster.born(3, 9);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    GetParam().way(cluster);
    EXPECT_BROKEN(cluster, "state-machine") << GetParam().why;
}

INSTANTIATE_TEST_SUITE_P(
    StateMachine, ForbiddenArrows,
    testing::Values(
        Arrow{"an unknown is not suspected", [](Fabricated& c) { c.suspected(1, "n3", 5, "n2"); }},
        Arrow{"the dead are not suspected",
              [](Fabricated& c) {
                  c.failed(1, "n2", 5, "n3");
                  c.suspected(1, "n2", 5, "n3");
              }},
        Arrow{"nobody dies twice",
              [](Fabricated& c) {
                  c.failed(1, "n2", 5, "n3");
                  c.failed(1, "n2", 6, "n3");
              }},
        Arrow{"nobody leaves twice",
              [](Fabricated& c) {
                  c.left(1, "n2", 5);
                  c.left(1, "n2", 5);
              }},
        Arrow{"the living do not join", [](Fabricated& c) { c.joined(1, "n2", 6); }},
        Arrow{"the dead come back newer, or not at all",
              [](Fabricated& c) {
                  c.failed(1, "n2", 5, "n3");
                  c.joined(1, "n2", 5);
              }},
        Arrow{"a suspect is cleared by newer news only",
              [](Fabricated& c) {
                  c.suspected(1, "n2", 5, "n3");
                  c.cleared(1, "n2", 5);
              }},
        Arrow{"the living are not cleared", [](Fabricated& c) { c.cleared(1, "n2", 6); }},
        Arrow{"the living are not forgotten",
              [](Fabricated& c) {
                  c.pass(60s);
                  c.reaped(1, "n2");
              }},
        Arrow{"a dead name is not free at once",
              [](Fabricated& c) {
                  c.failed(1, "n2", 5, "n3");
                  c.joined_from(1, "n2", 6, WireAddress::v4(10, 0, 0, 77));
              }},
        Arrow{"nobody declares itself dead", [](Fabricated& c) { c.failed(1, "n1", 1, "n3"); }}));

TEST(StateMachine, ADeadNameIsFreeAfterItsReclaimTime) {
    Fabricated cluster{3, [](Scenario& s) { s.profile.dead_node_reclaim = 5s; }};
    cluster.born(2, 9);
    cluster.born(1);
    cluster.joined(1, "n2", 5);
    cluster.failed(1, "n2", 5, "n3");
    cluster.pass(6s);
    cluster.joined_from(1, "n2", 1, WireAddress::v4(10, 0, 0, 77));
    EXPECT_KEPT(cluster);
}

TEST(EventsRetellMembers, AMemberThatNoEventToldOfBreaksIt) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1, true);
    cluster.sample();
    EXPECT_BROKEN(cluster, "events-match-members");
}

TEST(EventsRetellMembers, SoDoesAStateThatNoEventToldOf) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.sample();
    EXPECT_KEPT(cluster);
    cluster.suspected(1, "n2", 1, "n9");  // told, and not so
    cluster.sample();
    EXPECT_BROKEN(cluster, "events-match-members");
}

}  // namespace
}  // namespace rollcall::sim
