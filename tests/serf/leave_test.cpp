// SPDX-License-Identifier: Apache-2.0
//
// Departures of others as a whole Serf sees them: with an intent or without, in any order, and what
// it tells of them in a push/pull. Rules I1 and I3.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lone.h"

namespace rollcall::serf {
namespace {

class SerfAndDepartures : public SerfAmongPuppets {
protected:
    SerfAndDepartures() { meet_all(); }
    LamportTime time_told(std::string_view name) {
        const Buffer bytes = a.exchange({});
        const auto told = decode_push_pull_state(bytes);
        EXPECT_TRUE(told.ok());
        const auto found = std::ranges::find(told->status_times, name, &MemberTime::name);
        EXPECT_NE(found, told->status_times.end());
        return found->time;
    }
};

TEST_F(SerfAndDepartures, WhoSaysItselfThatItLeftIsNotFailedForLackOfAnIntent) {
    a.declare_dead("b", true);
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.story().back(), "member-leave b");
    // The intent comes late, and is passed on all the same.
    a.say(leave_of("b", 9));
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.story().back(), "member-leave b");
}

TEST_F(SerfAndDepartures, AFailureTurnsIntoADepartureWhenTheMembersOwnWordIsHeard) {
    a.declare_dead("b");
    EXPECT_EQ(a.status("b"), Status::failed);
    a.declare_dead("b", true);
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.story().back(), "member-leave b");
}

TEST_F(SerfAndDepartures, ALeavingMemberIsToldWithATimeThatDoesNotOutrunItsIntent) {
    a.say(leave_of("b", 9));
    ASSERT_EQ(a.status("b"), Status::leaving);
    EXPECT_EQ(time_told("b"), lt(8));
    a.declare_dead("b", true);
    EXPECT_EQ(time_told("b"), lt(9));
}

}  // namespace
}  // namespace rollcall::serf
