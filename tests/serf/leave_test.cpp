// SPDX-License-Identifier: Apache-2.0
//
// Leaves of others in a whole Serf: with an intent or without, in any order, and in its push/pull
// state. Rules I1 and I3.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lone.h"

namespace rollcall::serf {
namespace {

class SerfAndDepartures : public SerfAmongPuppets {
protected:
    SerfAndDepartures() { add_members(); }
    LamportTime time_told(std::string_view name) {
        const Buffer bytes = a.exchange({});
        const auto reported = decode_push_pull_state(bytes);
        EXPECT_TRUE(reported.ok());
        const auto found = std::ranges::find(reported->status_times, name, &MemberTime::name);
        EXPECT_NE(found, reported->status_times.end());
        return found->time;
    }
};

TEST_F(SerfAndDepartures, LeaveClaimWithoutIntentIsLeft) {
    a.declare_dead("b", true);
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.story().back(), "member-leave b");
    // The intent comes late, and is still forwarded.
    a.deliver(leave_of("b", 9));
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.story().back(), "member-leave b");
}

TEST_F(SerfAndDepartures, FailureBecomesLeaveOnLeaveClaim) {
    a.declare_dead("b");
    EXPECT_EQ(a.status("b"), Status::failed);
    a.declare_dead("b", true);
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.story().back(), "member-leave b");
}

TEST_F(SerfAndDepartures, LeavingMemberInStateDoesNotOutdateItsIntent) {
    a.deliver(leave_of("b", 9));
    ASSERT_EQ(a.status("b"), Status::leaving);
    EXPECT_EQ(time_told("b"), lt(8));
    a.declare_dead("b", true);
    EXPECT_EQ(time_told("b"), lt(9));
}

}  // namespace
}  // namespace rollcall::serf
