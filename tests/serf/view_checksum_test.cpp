// SPDX-License-Identifier: Apache-2.0
//
// The checksum by which agents compare their views: who is up decides it, and nothing else.
#include "serf/view_checksum.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "serf/members.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;

constexpr Time kViewStart{};

Members seen(const std::vector<std::string>& names) {
    Members members;
    for (const std::string& name : names) members.up(kViewStart, {.name = name}, {}, 60s);
    return members;
}

TEST(ViewChecksum, TheOrderInWhichMembersWereMetDoesNotMatter) {
    EXPECT_EQ(seen({"a", "b", "c"}).view_checksum(), seen({"c", "a", "b"}).view_checksum());
    EXPECT_NE(seen({"a", "b", "c"}).view_checksum(), seen({"a", "b", "d"}).view_checksum());
    EXPECT_NE(seen({"a", "b"}).view_checksum(), seen({"a", "b", "c"}).view_checksum());
    EXPECT_EQ(Members{}.view_checksum(), 0u);
}

// An agent that was restarted after the failure has the same view as one that saw it.
TEST(ViewChecksum, AMemberThatFailedIsLikeOneThatIsNotKnown) {
    Members members = seen({"a", "b", "c"});
    members.down(kViewStart + 1s, "c");
    EXPECT_EQ(members.view_checksum(), seen({"a", "b"}).view_checksum());
    members.up(kViewStart + 2s, {.name = "c"}, {}, 60s);
    EXPECT_EQ(members.view_checksum(), seen({"a", "b", "c"}).view_checksum());
}

TEST(ViewChecksum, AMemberCountsUntilItsLeaveIsDone) {
    Members members = seen({"a", "b"});
    members.apply_intent(kViewStart, "b", {.kind = IntentKind::leave, .time = LamportTime{1}});
    EXPECT_EQ(members.find("b")->status, Status::leaving);
    EXPECT_EQ(members.view_checksum(), seen({"a", "b"}).view_checksum());
    members.gone(kViewStart + 1s, "b");
    EXPECT_EQ(members.view_checksum(), seen({"a"}).view_checksum());
    members.erase("b");
    EXPECT_EQ(members.view_checksum(), seen({"a"}).view_checksum());
}

TEST(ViewChecksum, AnErasedMemberDoesNotCount) {
    Members members = seen({"a", "b"});
    members.erase("b");
    EXPECT_EQ(members.view_checksum(), seen({"a"}).view_checksum());
}

// Agents of all versions and machines compare these numbers.
TEST(ViewChecksum, ItsValuesAreFixed) {
    EXPECT_EQ(checksum_text(view_hash("a")), "02c0bdbf481420f8");
    EXPECT_EQ(checksum_text(seen({"a", "web-1"}).view_checksum()), "f8376f477ab39fd5");
    EXPECT_EQ(checksum_text(0), "0000000000000000");
}

}  // namespace
}  // namespace rollcall::serf
