// SPDX-License-Identifier: Apache-2.0
//
// The promises of a world with an adversary: each is shown to be able to fail, and what they allow.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fabricated.h"
#include "serf/serf.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::sim {
namespace {

void with_adversary(Scenario& scenario) {
    scenario.adversary.present = true;
}

// Three nodes that know each other; n1's view is what the test makes of it.
class Attacked : public Fabricated {
public:
    explicit Attacked(const Tweak& tweak = with_adversary) : Fabricated{3, tweak} {
        for (std::uint32_t n = 1; n <= 3; ++n) lend(n);
        for (std::uint32_t viewer = 1; viewer <= 3; ++viewer) {
            for (std::uint32_t other = 1; other <= 3; ++other) {
                if (viewer != other) alive(viewer, name(other), 1);
            }
        }
        watch(60s);
    }
    void attack(AttackKind kind, Nodes who = {1, 2, 3}) {
        step(action::Attack{.who = std::move(who), .kind = kind, .rate = 10});
        watch(5s);
    }
    void retreat() { step(action::Retreat{}); }
};

// --- views-right-after-attack --------------------------------------------------------------------

TEST(ViewsRightAfterAttack, HoldsInAClusterThatIsRight) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_deaths);
    cluster.retreat();
    cluster.watch(62s);
    cluster.healed();
    EXPECT_KEPT(cluster);
}

TEST(ViewsRightAfterAttack, FailsForAMemberThatStaysDeadAMinuteLater) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_deaths);
    cluster.forged(2, 1);
    cluster.dead(1, "n2", 1, "n3");
    cluster.retreat();
    cluster.watch(59s);
    EXPECT_KEPT(cluster);
    cluster.watch(2s);
    EXPECT_BROKEN(cluster, "views-right-after-attack");
}

TEST(ViewsRightAfterAttack, FailsForAMemberThatIsMissing) {
    Fabricated cluster{2, with_adversary};
    cluster.lend(1);
    cluster.lend(2);
    cluster.alive(2, "n1", 1);
    cluster.watch(60s);
    cluster.step(action::Attack{.who = {1}, .kind = AttackKind::lie_ghosts});
    cluster.step(action::Retreat{});
    cluster.watch(62s);
    EXPECT_BROKEN(cluster, "views-right-after-attack");
}

TEST(ViewsRightAfterAttack, FailsForAnIncarnationThatTheMemberNeverReaches) {
    Attacked cluster;
    cluster.attack(AttackKind::walk_incarnations);
    cluster.alive(1, "n2", 40'000);
    cluster.retreat();
    cluster.watch(62s);
    EXPECT_BROKEN(cluster, "views-right-after-attack");
}

TEST(ViewsRightAfterAttack, FailsForMetadataThatAreNotTheMembers) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_claims);
    // The member itself moved on to the incarnation that was forged, with its own metadata.
    cluster.alive(2, "n2", 1, true, "x");
    cluster.alive(1, "n2", 2, false, "forged");
    cluster.retreat();
    cluster.watch(62s);
    EXPECT_BROKEN(cluster, "views-right-after-attack");
}

TEST(ViewsRightAfterAttack, SaysNothingWhileTheAttackGoesOnOrAboutADisturbedMember) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_deaths);
    cluster.forged(2, 1);
    cluster.dead(1, "n2", 1, "n3");
    cluster.watch(100s);
    EXPECT_KEPT(cluster);
    cluster.retreat();
    cluster.watch(10s);
    cluster.step(action::Start{{2}});  // it has its own minute from here
    cluster.watch(52s);
    EXPECT_KEPT(cluster);
}

// --- healthy-not-dead-under-attack ---------------------------------------------------------------

TEST(HealthyNotDeadUnderAttack, FailsForAHealthyMemberUnderForgedSuspicions) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_suspicions);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_TRUE(cluster.broken().contains("healthy-not-dead-under-attack")) << cluster.story();
}

TEST(HealthyNotDeadUnderAttack, FailsForAForgedLeaveOfWhichTheAdversaryIsNotTheAuthor) {
    Attacked cluster;
    cluster.attack(AttackKind::replay_packets);
    cluster.left(1, "n2");
    EXPECT_TRUE(cluster.broken().contains("healthy-not-dead-under-attack")) << cluster.story();
}

TEST(HealthyNotDeadUnderAttack, AllowsAForgedDeathForAsLongAsItIsUnderWay) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_deaths, {2});
    cluster.forged(2, 1);
    cluster.retreat();
    cluster.pass(59s);
    cluster.failed(1, "n2", 1, "n3");
    EXPECT_FALSE(cluster.broken().contains("healthy-not-dead-under-attack")) << cluster.story();
    cluster.joined(1, "n2", 2);
    cluster.forged(2, 2);
    cluster.left(1, "n2", 2);
    EXPECT_FALSE(cluster.broken().contains("healthy-not-dead-under-attack")) << cluster.story();
    cluster.joined(1, "n2", 3);
    cluster.pass(2s);
    cluster.failed(1, "n2", 1, "n3");
    EXPECT_TRUE(cluster.broken().contains("healthy-not-dead-under-attack")) << cluster.story();
}

TEST(HealthyNotDeadUnderAttack, FailsForADeathThatNobodyForged) {
    const auto broken = [](auto&& happens) {
        Attacked cluster;
        cluster.attack(AttackKind::forge_deaths);
        cluster.forged(2, 1);
        happens(cluster);
        return cluster.broken().contains("healthy-not-dead-under-attack");
    };
    EXPECT_FALSE(broken([](Attacked& c) { c.failed(1, "n2", 1, "n3"); }));
    // Another incarnation, another member, the node's own verdict.
    EXPECT_TRUE(broken([](Attacked& c) { c.failed(1, "n2", 2, "n3"); }));
    EXPECT_TRUE(broken([](Attacked& c) { c.failed(1, "n3", 1, "n2"); }));
    EXPECT_TRUE(broken([](Attacked& c) { c.failed(1, "n2", 1, "n1"); }));
    EXPECT_TRUE(broken([](Attacked& c) { c.left(1, "n2", 2); }));
}

TEST(HealthyNotDeadUnderAttack, AllowsTheDeathOfAMemberThatAFaultTouched) {
    Attacked cluster;
    cluster.attack(AttackKind::flood_pings);
    cluster.step(action::Pause{{2}});
    cluster.watch(10s);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_FALSE(cluster.broken().contains("healthy-not-dead-under-attack")) << cluster.story();
}

// --- bounds-kept-under-attack --------------------------------------------------------------------

// The promise reads the settings of the scenario; this core was started with larger ones.
struct Overfull : Fabricated {
    using Fabricated::Fabricated;
    const membership::Node& core(std::uint32_t node) const override {
        return node == 1 && full != nullptr ? *full : Fabricated::core(node);
    }
    const membership::Node* full = nullptr;
};

TEST(BoundsKeptUnderAttack, FailsForATableAboveItsBound) {
    Fabricated large{2};
    membership::Node& core = large.lend(1);
    for (const char* ghost : {"g1", "g2", "g3", "g4"}) large.alive(1, ghost, 1);
    ASSERT_EQ(core.members().size(), 5u);
    for (const std::size_t bound : {5u, 4u}) {
        Overfull cluster{2, [&](Scenario& s) {
                             s.adversary.present = true;
                             s.profile.max_members = bound;
                         }};
        cluster.lend(1);
        cluster.full = &core;
        cluster.sample();
        EXPECT_EQ(cluster.broken().contains("bounds-kept-under-attack"), bound == 4)
            << cluster.story();
    }
}

TEST(BoundsKeptUnderAttack, FailsForAQueueAboveItsBound) {
    Fabricated large{2};
    membership::Node& core = large.lend(1);
    for (int ghost = 0; ghost < 20; ++ghost) large.alive(1, "g" + std::to_string(ghost), 1);
    ASSERT_GT(core.broadcasts_queued(), 16u);
    Overfull cluster{2, [](Scenario& s) {
                         s.adversary.present = true;
                         s.profile.max_broadcasts = 16;
                     }};
    cluster.lend(1);
    cluster.full = &core;
    cluster.sample();
    EXPECT_TRUE(cluster.broken().contains("bounds-kept-under-attack")) << cluster.story();
}

// --- no-process-ends-by-attack -------------------------------------------------------------------

TEST(NoProcessEndsByAttack, FailsForANameThatIsGivenUp) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_takeovers);
    cluster.serf_event_at(2, serf::NameConflictDecided{.kept = true, .for_us = 2, .answers = 2});
    EXPECT_KEPT(cluster);
    cluster.serf_event_at(2, serf::NameConflictDecided{.kept = false, .for_us = 0, .answers = 2});
    EXPECT_BROKEN(cluster, "no-process-ends-by-attack");
}

TEST(NoProcessEndsByAttack, AllowsThatANewcomerLosesItsNameToTheAdversary) {
    Attacked cluster;
    cluster.attack(AttackKind::forge_takeovers);
    cluster.new_life(2);
    const serf::NameConflictDecided lost{.kept = false, .for_us = 0, .answers = 1};
    cluster.serf_event_at(2, lost);
    EXPECT_KEPT(cluster);
    cluster.serf_event_at(1, lost);
    EXPECT_BROKEN(cluster, "no-process-ends-by-attack");
}

TEST(NoProcessEndsByAttack, FailsForALeaveThatNobodyAskedFor) {
    Attacked cluster;
    membership::Outbox out;
    Attacked asked;
    asked.step(action::Leave{{2}});
    const_cast<membership::Node&>(asked.core(2)).leave(Time{asked.now()}, 1s, out);
    asked.sample();
    EXPECT_FALSE(asked.broken().contains("no-process-ends-by-attack")) << asked.story();
    const_cast<membership::Node&>(cluster.core(2)).leave(Time{cluster.now()}, 1s, out);
    cluster.sample();
    EXPECT_TRUE(cluster.broken().contains("no-process-ends-by-attack")) << cluster.story();
}

// --- lists-follow-membership ---------------------------------------------------------------------

// n1 has a Serf layer whose list is not that of its membership.
class Listed : public Attacked {
public:
    Listed() : layer_{config(), entropy_, 1} {
        serf::Outbox out;
        layer_.start(Time{now()}, out);
    }
    const serf::Serf* serf_layer(std::uint32_t node) const override {
        return shown && node == 1 ? &layer_ : nullptr;
    }
    bool shown = false;

private:
    static serf::Config config() {
        serf::Config config;
        config.membership = membership::Config::lan();
        config.membership.name = "n1";
        config.membership.address = WireAddress::v4(10, 0, 0, 1);
        config.membership.port = config.membership.bind_port = kPort;
        return config;
    }
    SeededEntropy entropy_{7};
    serf::Serf layer_;
};

TEST(ListsFollowMembership, FailsForALiveMemberThatIsNotListed) {
    Listed cluster;
    cluster.sample();
    EXPECT_KEPT(cluster);
    cluster.shown = true;
    cluster.sample();
    EXPECT_BROKEN(cluster, "lists-follow-membership");
}

// --- events-pass-after-attack --------------------------------------------------------------------

// n1 sends an event; it receives that itself, and n2 too.
void send_event(Fabricated& cluster, const std::string& name = "event 1 of n1") {
    for (const std::uint32_t node : {1u, 2u}) {
        cluster.serf_event_at(node, serf::UserEventReceived{.time = LamportTime{5}, .name = name});
    }
}

TEST(EventsPassAfterAttack, FailsForAMemberThatNeverReceivesOne) {
    Attacked cluster;
    cluster.attack(AttackKind::walk_clocks);
    cluster.retreat();
    cluster.watch(30s);
    send_event(cluster, "event 7 of n1");  // too early for the promise
    cluster.watch(40s);
    cluster.healed();
    EXPECT_KEPT(cluster);
    send_event(cluster);
    cluster.healed();
    EXPECT_BROKEN(cluster, "events-pass-after-attack");
}

TEST(EventsPassAfterAttack, HoldsWhenAllReceiveItOrJoinLater) {
    Attacked cluster;
    cluster.attack(AttackKind::walk_clocks);
    cluster.retreat();
    cluster.watch(70s);
    send_event(cluster);
    cluster.serf_event_at(3,
                          serf::UserEventReceived{.time = LamportTime{5}, .name = "event 1 of n1"});
    send_event(cluster, "event 2 of n1");
    cluster.serf_event_at(3, serf::JoinFinished{});
    cluster.healed();
    EXPECT_KEPT(cluster);
}

// --- which promises there are --------------------------------------------------------------------

TEST(AttackInvariants, ReplaceThoseThatOnlyHonestMembersKeep) {
    const Fabricated honest{1}, attacked{1, with_adversary};
    const auto has = [](const Fabricated& cluster, const char* name) {
        return std::ranges::count(cluster.judge().names(), name) == 1;
    };
    for (const char* promise :
         {"views-right-after-attack", "healthy-not-dead-under-attack", "bounds-kept-under-attack",
          "no-process-ends-by-attack", "lists-follow-membership", "events-pass-after-attack"}) {
        EXPECT_TRUE(has(attacked, promise)) << promise;
        EXPECT_FALSE(has(honest, promise)) << promise;
    }
    EXPECT_TRUE(has(attacked, "state-machine"));
    EXPECT_TRUE(has(attacked, "events-match-members"));
    EXPECT_FALSE(has(attacked, "only-own-incarnation-raised"));
}

}  // namespace
}  // namespace rollcall::sim
