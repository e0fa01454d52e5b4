// SPDX-License-Identifier: Apache-2.0
//
// Events on their way to listeners: few instead of many, and none lost at the end.
#include "agent/control/event_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EventFeedTest : public testing::Test {
protected:
    EventFeedTest() { feed_.begin(); }
    ~EventFeedTest() override { close(); }
    void close() {
        if (closed_) return;
        feed_.close([this] { closed_ = true; });
        loop_.until([this] { return closed_; });
    }
    void member(std::string name, serf::MemberEventKind kind) {
        feed_.offer(serf::MemberEvent{.kind = kind, .member = {.name = std::move(name)}});
    }

    rollcall::tests::TestLoop loop_;
    std::vector<std::string> delivered_;
    EventFeed feed_{
        loop_,
        {.members =
             [this](const serf::MemberEventGroup& group) {
                 std::string line{to_string(group.kind)};
                 for (const auto& m : group.members) line += " " + m.name;
                 delivered_.push_back(line);
             },
         .user_event =
             [this](const serf::UserEventReceived& e) { delivered_.push_back("user " + e.name); },
         .query =
             [this](const serf::QueryReceived& e) { delivered_.push_back("query " + e.name); }},
        {.window = std::chrono::milliseconds{60}, .quiet = std::chrono::milliseconds{20}}};
    bool closed_ = false;
};

TEST_F(EventFeedTest, MemberEventsOfOneKindAreDeliveredTogetherAfterAQuietTime) {
    member("b", serf::MemberEventKind::join);
    member("a", serf::MemberEventKind::join);
    EXPECT_THAT(delivered_, IsEmpty());
    loop_.until([this] { return !delivered_.empty(); });
    EXPECT_THAT(delivered_, ElementsAre("member-join a b"));
}

TEST_F(EventFeedTest, QueriesAndEventsWithoutCoalescingAreDeliveredAtOnce) {
    feed_.offer(serf::QueryReceived{.name = "q"});
    feed_.offer(serf::UserEventReceived{.name = "e"});
    feed_.offer(serf::UserEventReceived{.name = "later", .coalesce = true});
    EXPECT_THAT(delivered_, ElementsAre("query q", "user e"));
}

TEST_F(EventFeedTest, ClosingDeliversWhatWaits) {
    member("a", serf::MemberEventKind::failed);
    feed_.offer(serf::UserEventReceived{.name = "e", .coalesce = true});
    close();
    EXPECT_THAT(delivered_, ElementsAre("member-failed a", "user e"));
    member("b", serf::MemberEventKind::failed);  // nothing is delivered after that
    EXPECT_THAT(delivered_, testing::SizeIs(2));
}

}  // namespace
}  // namespace rollcall::agent
