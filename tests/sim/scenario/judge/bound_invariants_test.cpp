// SPDX-License-Identifier: Apache-2.0
//
// Invariants about caps, times and the final state: each reports its violations, and none for the
// exceptions that the protocol makes.
#include <gtest/gtest.h>

#include "fabricated.h"

namespace rollcall::sim {
namespace {

// n1 knows n2 and n3, by its events.
void acquaint(Fabricated& cluster) {
    for (const std::uint32_t node : {1u, 2u, 3u}) cluster.born(node);
    cluster.joined(1, "n2");
    cluster.joined(1, "n3");
    cluster.pass(5s);
}

TEST(WithinCaps, BreaksOnUnknownNames) {
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

TEST(DatagramsFit, BreaksOnOneByteMoreThanThePacketSize) {
    Fabricated cluster{2};
    std::vector<std::byte> bytes(1401, std::byte{8});
    cluster.send_bytes(1, 2, Bytes{bytes}.first(1400));
    EXPECT_KEPT(cluster);
    cluster.send_bytes(1, 2, bytes);
    EXPECT_BROKEN(cluster, "datagrams-fit");
}

TEST(DatagramsFit, ANodeAsPublishedHasTheLimitThatWasPublished) {
    Fabricated cluster{2, [](Scenario& scenario) {
                           scenario.profile.packet_size = 517;
                           scenario.published = {1};
                       }};
    const std::vector<std::byte> bytes(1400, std::byte{8});
    cluster.send_bytes(1, 2, bytes);
    EXPECT_KEPT(cluster);
    cluster.send_bytes(2, 1, bytes);
    EXPECT_BROKEN(cluster, "datagrams-fit");
}

TEST(DeadMembersReapedInTime, BreaksWhenReapedEarly) {
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

TEST(DeadMembersReapedInTime, BreaksWhenNotReaped) {
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

TEST(SuspicionsEnd, BreaksOnAnEndlessSuspicion) {
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

TEST(SuspicionsEnd, AllowsADelayedNodeToBeLate) {
    Fabricated cluster{3};
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.pass(5s);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.step(action::Slow{.who = {1}, .service_time = 100ms});
    cluster.watch(30s);
    EXPECT_FALSE(cluster.broken().contains("suspicions-end")) << cluster.story();
}

void send_dead(Fabricated& cluster, std::uint32_t from, std::uint32_t to, std::string_view who) {
    cluster.send(from, to, [&](ByteWriter& w) {
        wire::encode_dead({who, Incarnation{1}, "n1"}, w);
    });
}
void send_alive(Fabricated& cluster, std::uint32_t from, std::uint32_t to, std::string_view who,
                std::uint32_t incarnation) {
    cluster.send(from, to, [&](ByteWriter& w) {
        const membership::About member = cluster.about(who, incarnation);
        wire::encode(wire::Alive{.node = member.name,
                                 .incarnation = member.incarnation,
                                 .address = member.address,
                                 .port = member.port,
                                 .versions = wire::kSerfVersions},
                     w);
    });
}
struct FourMembers : Fabricated {
    FourMembers() : Fabricated{4} {
        for (const std::uint32_t node : {2u, 3u, 4u}) born(node);
        lend(1);
        for (const char* who : {"n2", "n3", "n4"}) alive(1, who, 1);
        for (const char* who : {"n2", "n3", "n4"}) {
            send_alive(*this, 1, 2, who, 1);
        }
        sample();
        pass(5s);
    }
};

TEST(ChangesAreGossiped, BreaksOnADeathThatIsNotSent) {
    FourMembers cluster;
    cluster.dead(1, "n2", 1, "n3");
    cluster.watch(2s);
    EXPECT_KEPT(cluster);
    cluster.watch(2s);
    EXPECT_BROKEN(cluster, "changes-are-gossiped");
}

TEST(ChangesAreGossiped, HoldsWhenItIsSent) {
    FourMembers cluster;
    cluster.dead(1, "n2", 1, "n3");
    cluster.pass(1s);
    send_dead(cluster, 1, 3, "n2");
    cluster.watch(4s);
    EXPECT_KEPT(cluster);
}

// A death that is refuted while hardly any member is left to send either to.
TEST(ChangesAreGossiped, ASupersededChangeNeedNotBeSent) {
    FourMembers cluster;
    cluster.dead(1, "n2", 1, "n3");
    cluster.dead(1, "n3", 1, "n2");
    send_dead(cluster, 1, 4, "n3");
    cluster.refuted(2, 1, 2);
    cluster.alive(1, "n2", 2);  // only n4 could receive it
    cluster.refuted(3, 1, 2);
    cluster.alive(1, "n3", 2);
    send_alive(cluster, 1, 4, "n3", 2);
    cluster.watch(4s);
    EXPECT_KEPT(cluster);
}

TEST(ChangesAreGossiped, CountsMessagesSentBeforeTheEvent) {
    FourMembers cluster;
    send_dead(cluster, 1, 3, "n2");  // sent in the same call, before the event
    cluster.dead(1, "n2", 1, "n3");
    cluster.watch(4s);
    EXPECT_KEPT(cluster);
}

TEST(RunningMembersAlive, BreaksWhenANodeIsUnknownAfterHealing) {
    Fabricated cluster{2};
    cluster.lend(1);
    cluster.lend(2);
    cluster.alive(1, "n2", 1);
    cluster.healed();
    EXPECT_BROKEN(cluster, "running-members-alive");
}

TEST(RunningMembersAlive, SkipsDisconnectedAndPausedNodes) {
    Fabricated cluster{3};
    for (const std::uint32_t node : {1u, 2u, 3u}) cluster.lend(node);
    cluster.cut(1, 2);
    cluster.pause(3);
    cluster.healed();
    EXPECT_KEPT(cluster);
}

TEST(StoppedMembersNotAlive, BreaksOnAStoppedMemberSeenAlive) {
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

TEST(StoppedMembersNotAlive, BreaksWithoutHealingAfterTheDetectionTime) {
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

TEST(NoZombies, BreaksOnAReapedMemberThatReturns) {
    Fabricated cluster{3};
    acquaint(cluster);
    cluster.failed(1, "n2", 1, "n3");
    cluster.watch(40s);
    cluster.reaped(1, "n2");
    cluster.joined(1, "n2", 1);
    EXPECT_BROKEN(cluster, "no-zombies");
}

TEST(NoZombies, AllowsAMemberThatAnotherNodeStillSeesAlive) {
    Fabricated cluster{3};
    for (const std::uint32_t node : {2u, 3u}) cluster.born(node);
    cluster.lend(1);
    cluster.alive(1, "n2", 1);
    cluster.watch(20s);
    cluster.joined(3, "n2", 1);
    EXPECT_FALSE(cluster.broken().contains("no-zombies")) << cluster.story();
}

TEST(NoZombies, AllowsAMemberThatStartsAgain) {
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
    [[nodiscard]] bool broken_by(std::string_view invariant) const {
        return broken().contains(std::string{invariant});
    }
};

TEST(LeaveNotSeenAsFailure, BreaksWhenALeftMemberStaysFailed) {
    OneKnowsOfTheLeave cluster;
    cluster.dead(1, "n3", 1, "n1");
    cluster.watch(11s);
    EXPECT_FALSE(cluster.broken_by("leave-not-seen-as-failure")) << cluster.story();
    cluster.watch(3s);
    EXPECT_TRUE(cluster.broken_by("leave-not-seen-as-failure"));
}

TEST(LeaveNotSeenAsFailure, HoldsWhenTheLeaveArrivesInTime) {
    OneKnowsOfTheLeave cluster;
    cluster.dead(1, "n3", 1, "n1");
    cluster.watch(5s);
    cluster.dead(1, "n3", 1, "n3");
    cluster.watch(20s);
    EXPECT_FALSE(cluster.broken_by("leave-not-seen-as-failure")) << cluster.story();
    EXPECT_FALSE(cluster.broken_by("state-machine")) << cluster.story();
}

TEST(LeaveNotSeenAsFailure, SkipsANodeThatReceivesNothing) {
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
        keep_deadlines(2, 1500ms);  // the old address is silent
    }
    [[nodiscard]] bool is_broken() const { return broken().contains("address-change-followed"); }
};

TEST(AddressChangeFollowed, BreaksOnTheOldAddress) {
    OneMoves cluster;
    cluster.watch(7s);
    EXPECT_FALSE(cluster.is_broken()) << cluster.story();
    cluster.watch(2s);
    EXPECT_TRUE(cluster.is_broken());
}

TEST(AddressChangeFollowed, HoldsWhenTheNewAddressArrivesInTime) {
    OneMoves cluster;
    cluster.watch(5s);
    cluster.follows();
    cluster.watch(20s);
    EXPECT_FALSE(cluster.is_broken()) << cluster.story();
}

TEST(AddressChangeFollowed, SkipsABadNetworkAndASecondMove) {
    OneMoves lossy;
    lossy.step(action::HostLoss{.who = {2}, .ingress = 1});
    lossy.watch(20s);
    EXPECT_FALSE(lossy.is_broken()) << lossy.story();
    OneMoves both;
    both.readdress(2);
    both.watch(20s);
    EXPECT_FALSE(both.is_broken()) << both.story();  // no node is left to inform either
}

TEST(IncarnationsAgree, BreaksOnAHigherIncarnationThanTheMembers) {
    Fabricated cluster{2};
    cluster.born(2, 9);  // an earlier process
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(2, "n1", 1);
    cluster.alive(1, "n2", 7);
    cluster.healed();
    EXPECT_BROKEN(cluster, "incarnations-agree");
}

TEST(IncarnationsAgree, BreaksOnOtherMetadataOfTheSameIncarnation) {
    Fabricated cluster{2};
    cluster.lend(2);
    cluster.lend(1);
    cluster.alive(2, "n1", 1);
    cluster.alive(1, "n2", 1, false, "role=ghost");
    cluster.healed();
    EXPECT_BROKEN(cluster, "incarnations-agree");
}

struct OneJoiner : Fabricated {
    OneJoiner() : Fabricated{3} {
        born(3);
        lend(2);
        lend(1);
        alive(1, "n2", 1);
        alive(1, "n3", 1);
        alive(2, "n3", 1);
        dead(2, "n3", 1, "n1");
    }
    void answered() {
        event_at(1, membership::JoinAnswered{.peer = endpoint(2), .error = ""});
        sample();
    }
};

TEST(JoinerAcceptsPeerState, BreaksOnADeadMemberSeenAlive) {
    OneJoiner cluster;
    cluster.pass(12s);
    cluster.answered();
    EXPECT_TRUE(cluster.broken().contains("joiner-accepts-peer-state")) << cluster.story();
}

// The answer waited in the queue of a slow host since before the death.
TEST(JoinerAcceptsPeerState, IsNotCheckedWhileAHostIsSlow) {
    for (const std::uint32_t slow : {1u, 2u}) {
        OneJoiner cluster;
        cluster.pass(12s);
        cluster.step(action::Slow{.who = {slow}, .service_time = 160ms});
        cluster.pass(12s);
        cluster.answered();
        EXPECT_FALSE(cluster.broken().contains("joiner-accepts-peer-state")) << cluster.story();
    }
}

TEST(JoinerAcceptsPeerState, AllowsChangesDuringTheExchange) {
    OneJoiner cluster;
    cluster.pass(2s);
    cluster.answered();
    EXPECT_FALSE(cluster.broken().contains("joiner-accepts-peer-state")) << cluster.story();
}

TEST(Invariants, HaveUniqueNames) {
    const Fabricated cluster{1};
    const std::vector<std::string> names = cluster.judge().names();
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    EXPECT_GE(names.size(), 11u);
}

}  // namespace
}  // namespace rollcall::sim
