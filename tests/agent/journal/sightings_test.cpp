// SPDX-License-Identifier: Apache-2.0
//
// What this agent remembers about members beside the table: their last ack, and who brought them
// into their state.
#include "agent/journal/sightings.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using membership::About;
using membership::ProbeEnded;
using membership::ProbeOutcome;

constexpr Time kFirstMoment{};
constexpr MemberId kB = MemberId::make(3, 1);
constexpr MemberId kNextTenant = MemberId::make(3, 2);  // of the slot that b had

About about(std::string name) {
    return {.member = kB, .name = std::move(name)};
}

TEST(Sightings, TheLastAckCountsHoweverItCame) {
    Sightings sightings;
    EXPECT_FALSE(sightings.last_ack(kB));
    Time now = kFirstMoment;
    for (const ProbeOutcome outcome :
         {ProbeOutcome::acked, ProbeOutcome::acked_by_relay, ProbeOutcome::acked_by_stream}) {
        now += 1s;
        sightings.handle(now, ProbeEnded{.member = kB, .outcome = outcome, .took = 2ms});
        ASSERT_TRUE(sightings.last_ack(kB));
        EXPECT_EQ(sightings.last_ack(kB)->at, now);
        EXPECT_EQ(sightings.last_ack(kB)->rtt, Duration{2ms});
    }
}

TEST(Sightings, AProbeWithoutAnAckChangesNothing) {
    Sightings sightings;
    sightings.handle(kFirstMoment + 1s, ProbeEnded{.member = kB, .took = 2ms});
    for (const ProbeOutcome outcome : {ProbeOutcome::failed, ProbeOutcome::abandoned}) {
        sightings.handle(kFirstMoment + 5s,
                         ProbeEnded{.member = kB, .outcome = outcome, .took = 1s});
    }
    EXPECT_EQ(sightings.last_ack(kB)->at, kFirstMoment + 1s);
}

TEST(Sightings, ANewMemberInTheSlotOfAnOldOneHasNoAck) {
    Sightings sightings;
    sightings.handle(kFirstMoment, ProbeEnded{.member = kB, .took = 2ms});
    EXPECT_FALSE(sightings.last_ack(kNextTenant));
    sightings.handle(kFirstMoment, ProbeEnded{.member = kNextTenant, .took = 3ms});
    EXPECT_FALSE(sightings.last_ack(kB));
}

TEST(Sightings, TheAccuserIsReplacedByTheOneThatDeclaredIt) {
    Sightings sightings;
    sightings.handle(kFirstMoment + 1s, membership::MemberSuspected{about("b"), "c"});
    ASSERT_NE(sightings.last_change("b"), nullptr);
    EXPECT_EQ(sightings.last_change("b")->by, "c");
    sightings.handle(kFirstMoment + 4s, membership::MemberFailed{.about = about("b"), .from = "d"});
    EXPECT_EQ(sightings.last_change("b")->by, "d");
    EXPECT_EQ(sightings.last_change("b")->at, kFirstMoment + 4s);
}

TEST(Sightings, ALeaveIsNobodysDoing) {
    Sightings sightings;
    sightings.handle(kFirstMoment + 1s, membership::MemberSuspected{about("b"), "c"});
    sightings.handle(kFirstMoment + 2s, membership::MemberLeft{about("b")});
    EXPECT_EQ(sightings.last_change("b")->by, "");
}

TEST(Sightings, AnAliveMemberHasNoAccuser) {
    Sightings sightings;
    sightings.handle(kFirstMoment, membership::MemberSuspected{about("b"), "c"});
    sightings.handle(kFirstMoment, membership::SuspicionCleared{about("b")});
    EXPECT_EQ(sightings.last_change("b"), nullptr);
    sightings.handle(kFirstMoment, membership::MemberFailed{.about = about("b"), .from = "d"});
    sightings.handle(kFirstMoment, membership::MemberJoined{about("b")});
    EXPECT_EQ(sightings.last_change("b"), nullptr);
}

TEST(Sightings, AReapedMemberIsForgotten) {
    Sightings sightings;
    sightings.handle(kFirstMoment, membership::MemberFailed{.about = about("b"), .from = "d"});
    sightings.handle(
        serf::MemberEvent{.kind = serf::MemberEventKind::failed, .member = {.name = "b"}});
    EXPECT_NE(sightings.last_change("b"), nullptr);
    sightings.handle(
        serf::MemberEvent{.kind = serf::MemberEventKind::reap, .member = {.name = "b"}});
    EXPECT_EQ(sightings.last_change("b"), nullptr);
}

}  // namespace
}  // namespace rollcall::agent
