// SPDX-License-Identifier: Apache-2.0
//
// Events on their way to listeners: few instead of many, and none lost at the end.
#include "agent/control/event_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <uv.h>

#include <chrono>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Feeding : public testing::Test {
protected:
    Feeding() {
        uv_loop_init(&loop_);
        feed_.begin();
    }
    ~Feeding() override {
        close();
        EXPECT_EQ(uv_loop_close(&loop_), 0);
    }
    void close() {
        if (closed_) return;
        feed_.close([this] { closed_ = true; });
        while (!closed_) uv_run(&loop_, UV_RUN_ONCE);
    }
    void member(std::string name, serf::MemberEventKind kind) {
        feed_.offer(serf::MemberEvent{.kind = kind, .member = {.name = std::move(name)}});
    }

    uv_loop_t loop_{};
    std::vector<std::string> told_;
    EventFeed feed_{
        loop_,
        {.members =
             [this](const serf::MemberEventGroup& group) {
                 std::string line{to_string(group.kind)};
                 for (const auto& m : group.members) line += " " + m.name;
                 told_.push_back(line);
             },
         .user_event =
             [this](const serf::UserEventReceived& e) { told_.push_back("user " + e.name); },
         .query = [this](const serf::QueryReceived& e) { told_.push_back("query " + e.name); }},
        {.window = std::chrono::milliseconds{60}, .quiet = std::chrono::milliseconds{20}}};
    bool closed_ = false;
};

TEST_F(Feeding, MembersToWhomTheSameHappenedAreToldTogetherAfterTheQuiet) {
    member("b", serf::MemberEventKind::join);
    member("a", serf::MemberEventKind::join);
    EXPECT_THAT(told_, IsEmpty());
    while (told_.empty()) uv_run(&loop_, UV_RUN_ONCE);
    EXPECT_THAT(told_, ElementsAre("member-join a b"));
}

TEST_F(Feeding, QueriesAndEventsThatStandAloneDoNotWait) {
    feed_.offer(serf::QueryReceived{.name = "q"});
    feed_.offer(serf::UserEventReceived{.name = "e"});
    feed_.offer(serf::UserEventReceived{.name = "later", .coalesce = true});
    EXPECT_THAT(told_, ElementsAre("query q", "user e"));
}

TEST_F(Feeding, AtTheEndWhatIsHeldBackIsTold) {
    member("a", serf::MemberEventKind::failed);
    feed_.offer(serf::UserEventReceived{.name = "e", .coalesce = true});
    close();
    EXPECT_THAT(told_, ElementsAre("member-failed a", "user e"));
    member("b", serf::MemberEventKind::failed);  // and from here on nothing
    EXPECT_THAT(told_, testing::SizeIs(2));
}

}  // namespace
}  // namespace rollcall::agent
