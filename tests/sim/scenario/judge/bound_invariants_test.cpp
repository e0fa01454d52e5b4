// SPDX-License-Identifier: Apache-2.0
//
// Invariants about caps, times and what is left in the end: each breaks where it should, and is
// silent about the exceptions that the protocol makes itself.
#include <gtest/gtest.h>

#include "fabricated.h"

namespace rollcall::sim {
namespace {

// n1 knows n2 and n3, as its events say.
void acquaint(Fabricated& cluster) {
    for (const std::uint32_t node : {1u, 2u, 3u}) cluster.born(node);
    cluster.joined(1, "n2");
    cluster.joined(1, "n3");
    cluster.pass(5s);
}

TEST(WithinCaps, MembersThatNobodyEverWasBreakIt) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.sample();
    EXPECT_KEPT(cluster);
    for (const char* who : {"x", "y", "z"}) cluster.alive(1, who, 1);
    cluster.sample();
    EXPECT_TRUE(cluster.broken().contains("within-caps")) << cluster.story();
}

TEST(DatagramsFit, OneByteMoreThanThePacketSizeBreaksIt) {
    Fabricated cluster{2};
    std::vector<std::byte> bytes(1401, std::byte{8});
    cluster.send_bytes(1, 2, Bytes{bytes}.first(1400));
    EXPECT_KEPT(cluster);
    cluster.send_bytes(1, 2, bytes);
    EXPECT_BROKEN(cluster, "datagrams-fit");
}

TEST(TheDeadAreForgottenInTime, NotBeforeTheirTime) {
    for (const auto& [kept, fine] : {std::pair{30s, false}, {31s, true}}) {
        Fabricated cluster{3};
        acquaint(cluster);
        cluster.failed(1, "n2", 1, "n3");
        cluster.pass(kept);
        cluster.reaped(1, "n2");
        if (fine) {
            EXPECT_KEPT(cluster);
        } else {
            EXPECT_BROKEN(cluster, "dead-members-reaped-in-time");
        }
    }
}

TEST(TheDeadAreForgottenInTime, NorNever) {
    Fabricated cluster{3};
    acquaint(cluster);
    cluster.failed(1, "n2", 1, "n3");
    for (int probe = 0; probe < 32; ++probe) {
        cluster.pass(1s);
        cluster.probed(1, "n3", ProbeOutcome::acked_by_stream, 1s);
    }
    EXPECT_KEPT(cluster);
    for (int probe = 0; probe < 20; ++probe) {
        cluster.pass(1s);
        cluster.probed(1, "n3", ProbeOutcome::acked_by_stream, 1s);
    }
    EXPECT_BROKEN(cluster, "dead-members-reaped-in-time");
}

TEST(SuspicionsEnd, OneThatLastsForEverBreaksIt) {
    Fabricated cluster{3};
    for (const std::uint32_t node : {2u, 3u}) cluster.lend(node);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.sample();
    cluster.pass(5s);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.watch(24s);
    EXPECT_FALSE(cluster.broken().contains("suspicions-end")) << cluster.story();
    cluster.watch(3s);
    EXPECT_TRUE(cluster.broken().contains("suspicions-end")) << cluster.story();
}

TEST(SuspicionsEnd, WhoWasHeldUpIsLateAndNoLiar) {
    Fabricated cluster{3};
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.pass(5s);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.step(action::Slow{.who = {1}, .service_time = 100ms});
    cluster.watch(30s);
    EXPECT_FALSE(cluster.broken().contains("suspicions-end")) << cluster.story();
}

void say_dead(Fabricated& cluster, std::uint32_t from, std::uint32_t to, std::string_view who) {
    cluster.send(from, to, [&](ByteWriter& w) {
        wire::encode_dead({who, Incarnation{1}, "n1"}, w);
    });
}
void say_alive(Fabricated& cluster, std::uint32_t from, std::uint32_t to, std::string_view who,
               std::uint32_t incarnation) {
    cluster.send(from, to, [&](ByteWriter& w) {
        const membership::About someone = cluster.about(who, incarnation);
        wire::encode(wire::Alive{.node = someone.name,
                                 .incarnation = someone.incarnation,
                                 .address = someone.address,
                                 .port = someone.port,
                                 .versions = wire::kSerfVersions},
                     w);
    });
}
struct FourWhoTalk : Fabricated {
    FourWhoTalk() : Fabricated{4} {
        for (const std::uint32_t node : {2u, 3u, 4u}) born(node);
        lend(1);
        for (const char* who : {"n2", "n3", "n4"}) alive(1, who, 1);
        for (const char* who : {"n2", "n3", "n4"}) {
            say_alive(*this, 1, 2, who, 1);
        }
        sample();
        pass(5s);
    }
};

TEST(NewsIsToldOn, ADeathThatNobodyIsToldOfBreaksIt) {
    FourWhoTalk cluster;
    cluster.dead(1, "n2", 1, "n3");
    cluster.watch(2s);
    EXPECT_KEPT(cluster);
    cluster.watch(2s);
    EXPECT_BROKEN(cluster, "changes-are-gossiped");
}

TEST(NewsIsToldOn, OneThatIsToldKeepsIt) {
    FourWhoTalk cluster;
    cluster.dead(1, "n2", 1, "n3");
    cluster.pass(1s);
    say_dead(cluster, 1, 3, "n2");
    cluster.watch(4s);
    EXPECT_KEPT(cluster);
}

// A death that is taken back while there is hardly anybody left to hear of either.
TEST(NewsIsToldOn, WhatIsNoLongerSoNeedNotBeTold) {
    FourWhoTalk cluster;
    cluster.dead(1, "n2", 1, "n3");
    cluster.dead(1, "n3", 1, "n2");
    say_dead(cluster, 1, 4, "n3");
    cluster.refuted(2, 1, 2);
    cluster.alive(1, "n2", 2);  // only n4 could be told
    cluster.refuted(3, 1, 2);
    cluster.alive(1, "n3", 2);
    say_alive(cluster, 1, 4, "n3", 2);
    cluster.watch(4s);
    EXPECT_KEPT(cluster);
}

TEST(NewsIsToldOn, ItCountsThatItWasToldBeforeTheEvent) {
    FourWhoTalk cluster;
    say_dead(cluster, 1, 3, "n2");  // rides out of the call that brought it
    cluster.dead(1, "n2", 1, "n3");
    cluster.watch(4s);
    EXPECT_KEPT(cluster);
}

TEST(TheRunningAreAlive, TwoWhoDoNotKnowEachOtherAfterHealingBreakIt) {
    Fabricated cluster{2};
    cluster.lend(1);
    cluster.lend(2);
    cluster.alive(1, "n2", 1);
    cluster.healed();
    EXPECT_BROKEN(cluster, "running-members-alive");
}

TEST(TheRunningAreAlive, TheCutOffAndThePausedAreNotAsked) {
    Fabricated cluster{3};
    for (const std::uint32_t node : {1u, 2u, 3u}) cluster.lend(node);
    cluster.cut(1, 2);
    cluster.pause(3);
    cluster.healed();
    EXPECT_KEPT(cluster);
}

TEST(TheStoppedAreNotAlive, OneThatIsHeldForAliveAndDoesNotRunBreaksIt) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.healed();
    EXPECT_FALSE(cluster.broken().contains("stopped-members-not-alive")) << cluster.story();
    cluster.unlend(2);
    cluster.healed();
    EXPECT_TRUE(cluster.broken().contains("stopped-members-not-alive")) << cluster.story();
}

TEST(TheStoppedAreNotAlive, AlsoWithoutHealingOnceEverybodyHadTheTime) {
    Fabricated cluster{2};
    cluster.born(2);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.step(action::Crash{.who = {2}});
    cluster.watch(20s);
    EXPECT_KEPT(cluster);
    cluster.watch(60s);
    EXPECT_BROKEN(cluster, "stopped-members-not-alive");
}

TEST(NoZombies, OneThatNobodyHeldForLiveAndReturnsBreaksIt) {
    Fabricated cluster{3};
    acquaint(cluster);
    cluster.failed(1, "n2", 1, "n3");
    cluster.watch(40s);
    cluster.reaped(1, "n2");
    cluster.joined(1, "n2", 1);
    EXPECT_BROKEN(cluster, "no-zombies");
}

TEST(NoZombies, OneWhoSomebodyStillHeldForAliveMayReturnForAWhile) {
    Fabricated cluster{3};
    for (const std::uint32_t node : {2u, 3u}) cluster.born(node);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.watch(20s);
    cluster.joined(3, "n2", 1);
    EXPECT_FALSE(cluster.broken().contains("no-zombies")) << cluster.story();
}

TEST(NoZombies, OneThatStartsAgainIsNone) {
    Fabricated cluster{3};
    acquaint(cluster);
    cluster.failed(1, "n2", 1, "n3");
    cluster.watch(40s);
    cluster.reaped(1, "n2");
    cluster.born(2);
    cluster.joined(1, "n2", 1);
    EXPECT_KEPT(cluster);
}

// n1 and n2 know each other and n3, which n2 knows to have left.
struct OneKnowsOfTheLeave : Fabricated {
    OneKnowsOfTheLeave() : Fabricated{3} {
        born(3);
        lend(2);
        lend(1);
        for (const std::uint32_t node : {1u, 2u}) {
            alive(node, node == 1 ? "n2" : "n1", 1);
            alive(node, "n3", 1);
        }
        watch(30s);
        dead(2, "n3", 1, "n3");
        watch(6s);
    }
    [[nodiscard]] bool broken_by(std::string_view promise) const {
        return broken().contains(std::string{promise});
    }
};

TEST(ALeaveIsNoFailure, WhoKeepsOnHoldingTheOneThatLeftForFailedBreaksIt) {
    OneKnowsOfTheLeave cluster;
    cluster.dead(1, "n3", 1, "n1");
    cluster.watch(11s);
    EXPECT_FALSE(cluster.broken_by("leave-not-seen-as-failure")) << cluster.story();
    cluster.watch(3s);
    EXPECT_TRUE(cluster.broken_by("leave-not-seen-as-failure"));
}

TEST(ALeaveIsNoFailure, WhoLearnsOfItInTimeKeepsIt) {
    OneKnowsOfTheLeave cluster;
    cluster.dead(1, "n3", 1, "n1");
    cluster.watch(5s);
    cluster.dead(1, "n3", 1, "n3");
    cluster.watch(20s);
    EXPECT_FALSE(cluster.broken_by("leave-not-seen-as-failure")) << cluster.story();
    EXPECT_FALSE(cluster.broken_by("state-machine")) << cluster.story();
}

TEST(ALeaveIsNoFailure, WhoHearsNothingMayNotKnow) {
    OneKnowsOfTheLeave cluster;
    cluster.step(action::HostLoss{.who = {1}, .ingress = 1});
    cluster.dead(1, "n3", 1, "n1");
    cluster.watch(30s);
    EXPECT_FALSE(cluster.broken_by("leave-not-seen-as-failure")) << cluster.story();
}

// n1 and n2 know each other, and n1 moves.
struct OneMoves : Fabricated {
    OneMoves() : Fabricated{2} {
        lend(2);
        lend(1);
        alive(1, "n2", 1);
        alive(2, "n1", 1);
        watch(30s);
        readdress(1);
    }
    void follows() {
        dead(2, "n1", 1, "n1");
        alive(2, "n1", 2);
    }
    [[nodiscard]] bool is_broken() const { return broken().contains("address-change-followed"); }
};

TEST(AMoveIsFollowed, WhoKeepsTheOldAddressBreaksIt) {
    OneMoves cluster;
    cluster.watch(7s);
    EXPECT_FALSE(cluster.is_broken()) << cluster.story();
    cluster.watch(2s);
    EXPECT_TRUE(cluster.is_broken());
}

TEST(AMoveIsFollowed, WhoLearnsTheNewOneInTimeKeepsIt) {
    OneMoves cluster;
    cluster.watch(5s);
    cluster.follows();
    cluster.watch(20s);
    EXPECT_FALSE(cluster.is_broken()) << cluster.story();
}

TEST(AMoveIsFollowed, ABadNetworkOrASecondMoveIsAnExcuse) {
    OneMoves lossy;
    lossy.step(action::HostLoss{.who = {2}, .ingress = 1});
    lossy.watch(20s);
    EXPECT_FALSE(lossy.is_broken()) << lossy.story();
    OneMoves both;
    both.readdress(2);
    both.watch(20s);
    EXPECT_FALSE(both.is_broken()) << both.story();  // nobody is left to tell one of the other
}

TEST(MemoriesAgree, AMemoryAboveTheMemberItselfBreaksIt) {
    Fabricated cluster{2};
    cluster.born(2, 9);  // a former life
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(2, "n1", 1);
    cluster.alive(1, "n2", 7);
    cluster.healed();
    EXPECT_BROKEN(cluster, "incarnations-agree");
}

TEST(MemoriesAgree, SoDoesOtherMetadataUnderTheSameIncarnation) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(2, "n1", 1);
    cluster.alive(1, "n2", 1, false, "role=ghost");
    cluster.healed();
    EXPECT_BROKEN(cluster, "incarnations-agree");
}

struct OneWhoJoins : Fabricated {
    OneWhoJoins() : Fabricated{3} {
        born(3);
        lend(2);
        lend(1);
        alive(1, "n2", 1);
        alive(1, "n3", 1);
        alive(2, "n3", 1);
        dead(2, "n3", 1, "n1");
    }
    void answered() {
        tell(1, membership::JoinAnswered{.peer = endpoint(2), .error = ""});
        sample();
    }
};

TEST(JoinersBelieve, OneThatHoldsTheDeadForAliveAfterwardsBreaksIt) {
    OneWhoJoins cluster;
    cluster.pass(12s);
    cluster.answered();
    EXPECT_TRUE(cluster.broken().contains("joiner-accepts-peer-state")) << cluster.story();
}

TEST(JoinersBelieve, WhatHappenedDuringTheExchangeMayHaveComeTooLate) {
    OneWhoJoins cluster;
    cluster.pass(2s);
    cluster.answered();
    EXPECT_FALSE(cluster.broken().contains("joiner-accepts-peer-state")) << cluster.story();
}

TEST(Invariants, EachHasANameOfItsOwn) {
    const Fabricated cluster{1};
    const std::vector<std::string> names = cluster.judge().names();
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    EXPECT_GE(names.size(), 11u);
}

}  // namespace
}  // namespace rollcall::sim
