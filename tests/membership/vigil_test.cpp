// SPDX-License-Identifier: Apache-2.0
//
// One vigil without a network: what it counts, when it accuses, and when it decides. Rules F2 to
// F4.
#include "membership/vigil.h"

#include <gtest/gtest.h>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using Ground = VigilEvidence::Ground;

// A vigil over n2, and the time. Controls answer at once, unless some are to be lost.
struct Looking {
    static VigilRules fast() {
        return {.timeout = 100ms,
                .quiet = 700ms,
                .fast = true,
                .span = 1500ms,
                .refused_span = 1500ms,
                .time_to_object = 500ms,
                .witnesses = 2};
    }
    explicit Looking(VigilRules rules = fast(), bool watching = false)
        : vigil{now, probe(watching), rules} {}

    static FailedProbe probe(bool watching) {
        FailedProbe probe{.target = MemberId{2},
                          .incarnation = Incarnation{1},
                          .endpoint = host(2),
                          .sequence = SequenceNumber{1}};
        if (!watching) probe.evidence = ProbeEvidence{};
        return probe;
    }
    // Pings whenever one is due, for that long. `lost_controls`: of every four, so many get lost.
    void look(Duration time, unsigned lost_controls = 0) {
        const Time until = now + time;
        while (now < until) {
            vigil.count_lost(now);
            if (vigil.ping_due(now)) {
                vigil.ping_sent(now, SequenceNumber{++last});
                const SequenceNumber control{++last};
                vigil.control_sent(now, MemberId{10 + controls % 5}, control, 100ms);
                if (controls % 4 >= lost_controls) (void)vigil.acked(control);
                ++controls;
            }
            if (accuses && vigil.should_accuse(now)) vigil.accused(now);
            if (!first_verdict && vigil.verdict(now)) first_verdict = now;
            now += 10ms;
        }
    }
    Time now{1h};
    Time start{1h};
    Vigil vigil;
    std::uint32_t last = 100;
    std::uint32_t controls = 0;
    bool accuses = true;
    std::optional<Time> first_verdict;
};

TEST(RuleF2, AnAnswerOfTheTargetEndsTheVigil) {
    Looking looking;
    looking.vigil.ping_sent(looking.now, SequenceNumber{7});
    EXPECT_EQ(looking.vigil.acked(SequenceNumber{7}), Vigil::Answered::target);
    EXPECT_EQ(looking.vigil.acked(SequenceNumber{1}), Vigil::Answered::target)
        << "so does a late ack of the probe";
    EXPECT_EQ(looking.vigil.acked(SequenceNumber{8}), Vigil::Answered::nothing);
}

TEST(RuleF2, LossIsWhatTheControlsMeasure) {
    Looking looking;
    EXPECT_DOUBLE_EQ(looking.vigil.loss(), 0.5) << "nothing is known yet";
    looking.look(1s);
    EXPECT_LT(looking.vigil.loss(), 0.15);
    Looking lossy;
    lossy.look(3s, 2);
    EXPECT_NEAR(lossy.vigil.loss(), 0.5, 0.1);
}

TEST(RuleF2, PingsFollowFasterOnceAControlWasLost) {
    Looking clean;
    clean.look(2s);
    Looking lossy;
    lossy.look(2s, 1);
    EXPECT_NEAR(clean.controls, 2000 / 180 + 1, 1);
    EXPECT_GT(lossy.controls, clean.controls + 4);
}

TEST(RuleF2, AfterALateLoopEverythingIsCountedFromTheStart) {
    Looking looking;
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.look(1400ms);
    ASSERT_GE(looking.vigil.unanswered(), 5u);
    looking.vigil.start_again(looking.now);
    EXPECT_EQ(looking.vigil.unanswered(), 0u);
    looking.look(2500ms);
    EXPECT_FALSE(looking.first_verdict) << "its witnesses are forgotten too";
}

TEST(RuleF3, LookIsQuietForFourPingsOrSevenHundredMilliseconds) {
    Looking looking;
    looking.accuses = false;
    looking.look(250ms);
    EXPECT_FALSE(looking.vigil.should_accuse(looking.now));
    looking.look(50ms);  // two of the probe and two of ours
    EXPECT_TRUE(looking.vigil.should_accuse(looking.now))
        << "four pings are lost by chance in no time";
    Looking lossy;
    lossy.accuses = false;
    lossy.look(640ms, 4);
    EXPECT_FALSE(lossy.vigil.should_accuse(lossy.now)) << "perhaps we hear no one at all";
    lossy.look(70ms, 4);
    EXPECT_TRUE(lossy.vigil.should_accuse(lossy.now));
}

TEST(RuleF3, AWatcherAccusesAfterThreePings) {
    Looking watching{Looking::fast(), true};
    watching.accuses = false;
    watching.look(450ms);
    EXPECT_FALSE(watching.vigil.should_accuse(watching.now));
    watching.look(30ms);
    EXPECT_TRUE(watching.vigil.should_accuse(watching.now));
}

TEST(RuleF4, SilenceDecidesAfterTheSpanWithTwoWitnesses) {
    Looking looking;
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.look(4s);
    ASSERT_TRUE(looking.first_verdict);
    EXPECT_GE(*looking.first_verdict - looking.start, 1500ms);
    EXPECT_LE(*looking.first_verdict - looking.start, 1700ms);
    EXPECT_EQ(looking.vigil.verdict(looking.now), Ground::unanswered);
    const VigilEvidence evidence = looking.vigil.evidence(looking.now, Ground::unanswered);
    EXPECT_EQ(evidence.witnesses, 2u);
    EXPECT_EQ(evidence.controls_answered, evidence.controls_sent);
    EXPECT_FALSE(evidence.stalled);
}

TEST(RuleF4, OneWitnessOrOneAddressTwiceIsNotEnough) {
    Looking looking;
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(2));  // the target itself
    looking.look(5s);
    EXPECT_FALSE(looking.first_verdict);
}

TEST(RuleF4, WithoutAnswersOfControlsSilenceSaysNothing) {
    Looking looking;
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.look(5s, 4);
    EXPECT_FALSE(looking.first_verdict);
}

TEST(RuleF4, LossAsksForMorePings) {
    Looking looking;
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.look(6s, 2);
    ASSERT_TRUE(looking.first_verdict);
    EXPECT_GT(*looking.first_verdict - looking.start, 1900ms);
}

TEST(RuleF4, AHostThatTakesAConnectionIsStalledNotDead) {
    Looking looking;
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.vigil.stream_opened(looking.now, SequenceNumber{50});
    EXPECT_TRUE(looking.vigil.stream_connected(SequenceNumber{50}));
    looking.look(5s);
    EXPECT_FALSE(looking.first_verdict);
    EXPECT_TRUE(looking.vigil.has_accused()) << "its suspicion decides";
    EXPECT_TRUE(looking.vigil.over(looking.now));
}

TEST(RuleF4, ABrokenStreamWasTakenToo) {
    Looking looking;
    looking.vigil.stream_opened(looking.now, SequenceNumber{50});
    EXPECT_TRUE(looking.vigil.stream_ended(SequenceNumber{50}, StreamPing::broken));
    EXPECT_TRUE(looking.vigil.stalled());
}

TEST(RuleF4, AnAccusationLeavesTimeForItsRefutation) {
    VigilRules rules = Looking::fast();
    rules.time_to_object = 3s;
    Looking looking{rules};
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.look(6s);
    ASSERT_TRUE(looking.first_verdict);
    EXPECT_GE(*looking.first_verdict - looking.start, 3250ms);
}

TEST(RuleF4, ARefusedProcessIsDeadWithoutFastVerdictsToo) {
    VigilRules rules = Looking::fast();
    rules.fast = false;
    rules.refused_span = 3s;
    Looking looking{rules};
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    for (std::uint32_t i = 0; i < 3; ++i) {
        looking.vigil.bounced();
        looking.vigil.stream_opened(looking.now, SequenceNumber{50 + i});
        looking.vigil.stream_ended(SequenceNumber{50 + i}, StreamPing::refused);
    }
    looking.look(5s);
    ASSERT_TRUE(looking.first_verdict);
    EXPECT_GE(*looking.first_verdict - looking.start, 3s);
    EXPECT_LE(*looking.first_verdict - looking.start, 3200ms);
    EXPECT_EQ(looking.vigil.verdict(looking.now), Ground::refused);
}

// Any host on the way can forge it.
TEST(RuleF4, PortUnreachableAloneNeverKills) {
    VigilRules rules = Looking::fast();
    rules.fast = false;
    Looking slow{rules};
    slow.vigil.seconded(host(3));
    slow.vigil.seconded(host(4));
    for (int i = 0; i < 50; ++i) slow.vigil.bounced();
    slow.look(6s);
    EXPECT_FALSE(slow.first_verdict);
}

TEST(RuleF4, WithoutFastVerdictsSilenceIsLeftToTheSuspicion) {
    VigilRules rules = Looking::fast();
    rules.fast = false;
    Looking looking{rules};
    looking.vigil.seconded(host(3));
    looking.vigil.seconded(host(4));
    looking.look(6s);
    EXPECT_FALSE(looking.first_verdict);
    EXPECT_TRUE(looking.vigil.over(looking.now));
}

}  // namespace
}  // namespace rollcall::membership
