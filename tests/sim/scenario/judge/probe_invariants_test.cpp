// SPDX-License-Identifier: Apache-2.0
//
// Invariants about probes and suspicions: each reports its violations, and none for the exceptions
// that the protocol makes.
#include <gtest/gtest.h>

#include "fabricated.h"

namespace rollcall::sim {
namespace {

void introduce(Fabricated& cluster) {
    for (std::uint32_t node = 1; node <= cluster.nodes(); ++node) cluster.born(node);
    for (std::uint32_t node = 1; node <= cluster.nodes(); ++node) {
        for (std::uint32_t other = 1; other <= cluster.nodes(); ++other) {
            if (other != node) cluster.joined(node, cluster.name(other));
        }
    }
    cluster.pass(5s);
}

void ping(Fabricated& cluster, std::uint32_t from, std::uint32_t to, std::uint32_t number) {
    cluster.send(from, to, [&](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{number}, .node = cluster.name(to)}, w);
    });
}
void ack(Fabricated& cluster, std::uint32_t from, std::uint32_t to, std::uint32_t number) {
    cluster.send(from, to, [&](ByteWriter& w) {
        wire::encode(wire::Ack{.sequence = SequenceNumber{number}, .payload = std::nullopt}, w);
    });
}

TEST(NoEarlySuspicion, BreaksOnAProbeThatEndsEarly) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.probed(1, "n2", ProbeOutcome::failed, 999ms, 1, 1);
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, TheHealthScoreExtendsTheTime) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.probed(1, "n3", ProbeOutcome::failed, 1s, 1, 2);
    cluster.pass(4s);
    cluster.probed(1, "n2", ProbeOutcome::failed, 3s, 1, 3);  // 1 s x (2 + 1)
    EXPECT_KEPT(cluster);
    cluster.pass(4s);
    cluster.probed(1, "n2", ProbeOutcome::failed, 3s, 1, 4);  // 1 s x (3 + 1)
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, BreaksOnAProbeWithoutRelays) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.probed(1, "n2", ProbeOutcome::failed, 1s, 0, 1);
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, BreaksOnASuspicionWithoutAProbe) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.suspected(1, "n2", 1, "n3");  // by another accuser
    cluster.refuted(2, 1, 2);
    cluster.cleared(1, "n2", 2);
    EXPECT_KEPT(cluster);
    cluster.suspected(1, "n2", 2, "n1");  // by itself
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, AllowsItsOwnOldClaimsAfterARestart) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.born(1);
    cluster.joined(1, "n2");
    cluster.suspected(1, "n2", 1, "n1");
    EXPECT_KEPT(cluster);
}

TEST(NoEarlyFailure, BreaksBeforeTheShortestTimeout) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.pass(3900ms);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_BROKEN(cluster, "no-early-failure");
}

TEST(NoEarlyFailure, AllowsALaterDeathAndOneByAnotherAccuser) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.suspected(1, "n3", 1, "n2");
    cluster.pass(1s);
    cluster.failed(1, "n3", 1, "n2");
    cluster.pass(3s);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_KEPT(cluster);
}

TEST(NoEarlyFailure, BreaksOnAnAliveMemberDeclaredDead) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_BROKEN(cluster, "no-early-failure");
}

TEST(NoEarlyFailure, APauseRestartsTheTimeout) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.pass(20s);
    cluster.event_at(1, membership::PauseDetected{.gap = 19s});
    cluster.pass(1s);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_BROKEN(cluster, "no-early-failure");
}

TEST(NoEarlyFailure, AClockJumpCounts) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.pass(3s);
    cluster.step(action::ClockJump{.who = {1}, .forward = 1500ms});
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_KEPT(cluster);
}

TEST(AcksMatchPings, HoldsForAnAckOfThePing) {
    Fabricated cluster{3};
    introduce(cluster);
    ping(cluster, 1, 2, 77);
    cluster.pass(2ms);
    ack(cluster, 2, 1, 77);
    cluster.pass(2ms);
    cluster.probed(1, "n2", ProbeOutcome::acked, 4ms);
    EXPECT_KEPT(cluster);
}

TEST(AcksMatchPings, BreaksOnAnAckOfAnotherPing) {
    Fabricated cluster{3};
    introduce(cluster);
    ping(cluster, 1, 2, 77);
    cluster.pass(2ms);
    ack(cluster, 3, 1, 76);
    cluster.pass(2ms);
    cluster.probed(1, "n2", ProbeOutcome::acked, 4ms);
    EXPECT_BROKEN(cluster, "acks-match-pings");
}

TEST(AcksMatchPings, BreaksOnAnAckSentBeforeThePing) {
    Fabricated cluster{3};
    introduce(cluster);
    ack(cluster, 2, 1, 77);
    cluster.pass(2s);
    ping(cluster, 1, 2, 77);
    cluster.pass(2ms);
    cluster.probed(1, "n2", ProbeOutcome::acked_by_relay, 2ms);
    EXPECT_BROKEN(cluster, "acks-match-pings");
}

TEST(AllMembersProbed, BreaksOnAMemberThatIsNeverProbed) {
    Fabricated cluster{3};
    introduce(cluster);
    for (int probe = 0; probe < 20; ++probe) {
        cluster.pass(1s);
        cluster.probed(1, "n2", ProbeOutcome::acked_by_stream, 1s);
    }
    EXPECT_BROKEN(cluster, "all-members-probed");
}

TEST(AllMembersProbed, HoldsForAnyOrder) {
    Fabricated cluster{3};
    introduce(cluster);
    for (int round = 0; round < 20; ++round) {
        for (const char* who : {round % 2 == 0 ? "n2" : "n3", round % 2 == 0 ? "n3" : "n2"}) {
            cluster.pass(1s);
            cluster.probed(1, who, ProbeOutcome::acked_by_stream, 1s);
        }
    }
    EXPECT_KEPT(cluster);
}

TEST(AllMembersProbed, SkipsDeadMembers) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.failed(1, "n3", 1, "n2");
    for (int probe = 0; probe < 20; ++probe) {
        cluster.pass(1s);
        cluster.probed(1, "n2", ProbeOutcome::acked_by_stream, 1s);
    }
    EXPECT_KEPT(cluster);
}

}  // namespace
}  // namespace rollcall::sim
