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

const Fabricated::Tweak kAsPublished = [](Scenario& s) { s.profile.variant.looking = false; };
const Fabricated::Tweak kFast = [](Scenario& s) {
    s.profile = membership::Config::fast();
    s.profile.layers.compress = false;
};

TEST(NoEarlySuspicion, BreaksOnAProbeThatEndsEarly) {
    Fabricated cluster{3, kAsPublished};
    introduce(cluster);
    cluster.probed(1, "n2", ProbeOutcome::failed, 999ms, 1, 1);
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, ANodeWithOtherTimingsIsNotJudged) {
    using What = serf::TimingsTuned::What;
    const auto tuning = [](What what) {
        return serf::TimingsTuned{
            .what = what, .id = "x1", .changes = {}, .source = {}, .reason = {}};
    };
    Fabricated cluster{3};
    introduce(cluster);
    cluster.serf_event_at(1, tuning(What::applied));
    cluster.pass(1s);
    cluster.probed(1, "n2", ProbeOutcome::failed, 10ms, 1, 1);
    cluster.serf_event_at(1, tuning(What::expired));
    EXPECT_KEPT(cluster);
    cluster.pass(1s);
    cluster.probed(1, "n2", ProbeOutcome::failed, 10ms, 1, 1);
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, WhoLooksEndsAProbeAfterTheShortestTimeForAnswers) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.probed(1, "n2", ProbeOutcome::failed, 300ms, 1, 1);
    EXPECT_KEPT(cluster);
    cluster.pass(1s);
    cluster.probed(1, "n2", ProbeOutcome::failed, 190ms, 1, 1);
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, WhoLooksAccusesAfterAVigil) {
    Fabricated cluster{3};
    introduce(cluster);
    cluster.probed(1, "n2", ProbeOutcome::failed, 300ms, 1, 1);
    cluster.pass(700ms);
    cluster.suspected(1, "n2", 1, "n1");
    EXPECT_KEPT(cluster);
    cluster.refuted(2, 1, 2);
    cluster.cleared(1, "n2", 2);
    cluster.pass(10s);
    cluster.suspected(1, "n2", 2, "n1");
    EXPECT_BROKEN(cluster, "no-early-suspicion");
}

TEST(NoEarlySuspicion, TheHealthScoreExtendsTheTime) {
    Fabricated cluster{3, kAsPublished};
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

membership::VigilEvidence silence() {
    return {.ground = membership::VigilEvidence::Ground::unanswered,
            .took = 1500ms,
            .pings = 8,
            .controls_sent = 8,
            .controls_answered = 8,
            .witnesses = 2};
}
void fail_by(Fabricated& cluster, const membership::VigilEvidence& vigil) {
    introduce(cluster);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.pass(800ms);
    cluster.event_at(1, membership::MemberFailed{cluster.about("n2", 1), "n1", {}, vigil});
}

TEST(NoEarlyFailure, AllowsAVerdictOfAVigil) {
    Fabricated cluster{3, kFast};
    fail_by(cluster, silence());
    EXPECT_KEPT(cluster);
}

TEST(NoEarlyFailure, BreaksOnAVerdictOfSilenceInASlowProfile) {
    Fabricated cluster{3};
    membership::VigilEvidence vigil = silence();
    vigil.took = 4s;
    fail_by(cluster, vigil);
    EXPECT_BROKEN(cluster, "no-early-failure");
}

TEST(NoEarlyFailure, AllowsARefusedProcessInEveryProfile) {
    Fabricated cluster{3};
    membership::VigilEvidence vigil = silence();
    vigil.ground = membership::VigilEvidence::Ground::refused;
    vigil.took = 3s;
    vigil.controls_answered = 0;
    vigil.refusals = 5;
    fail_by(cluster, vigil);
    EXPECT_KEPT(cluster);
}

TEST(NoEarlyFailure, BreaksOnAVigilThatSawTooLittle) {
    using membership::VigilEvidence;
    const std::function<void(VigilEvidence&)> wants[] = {
        [](VigilEvidence& v) { v.took = 1400ms; },
        [](VigilEvidence& v) { v.pings = 2; },
        [](VigilEvidence& v) { v.witnesses = 1; },
        [](VigilEvidence& v) { v.stalled = true; },
        [](VigilEvidence& v) { v.controls_answered = 2; },
        [](VigilEvidence& v) { v.ground = VigilEvidence::Ground::refused; },
    };
    for (const auto& spoil : wants) {
        Fabricated cluster{3, kFast};
        VigilEvidence vigil = silence();
        spoil(vigil);
        fail_by(cluster, vigil);
        EXPECT_BROKEN(cluster, "no-early-failure");
    }
}

TEST(HealthyNotFailed, BreaksOnADeathInPeace) {
    Fabricated cluster{3, kFast};
    introduce(cluster);
    cluster.lend(2);
    cluster.pass(2min);
    cluster.suspected(1, "n2", 1, "n3");
    cluster.pass(30s);
    cluster.failed(1, "n2", 1, "n1");
    EXPECT_BROKEN(cluster, "healthy-not-failed");
}

TEST(HealthyNotFailed, AllowsOneAfterAFault) {
    const Action faults[] = {action::Pause{{2}}, action::Readdress{{1}}, action::Slow{{1}, 10ms},
                             action::Cut{{3}, {2}, {}}, action::HostLoss{.who = {3}, .ingress = 1}};
    for (const Action& fault : faults) {
        Fabricated cluster{3, kFast};
        introduce(cluster);
        cluster.lend(2);
        cluster.pass(2min);
        cluster.step(fault);
        cluster.suspected(1, "n2", 1, "n3");
        cluster.pass(30s);
        cluster.failed(1, "n2", 1, "n1");
        EXPECT_KEPT(cluster);
    }
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

TEST(AllMembersProbed, GivesWhoWatchesItsSuccessorTwiceTheProbes) {
    Fabricated cluster{3, kFast};
    introduce(cluster);
    for (int probe = 0; probe < 12; ++probe) {
        cluster.pass(1s);
        cluster.probed(1, probe % 12 == 10 ? "n3" : "n2", ProbeOutcome::acked_by_stream, 1s);
    }
    EXPECT_KEPT(cluster);
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
