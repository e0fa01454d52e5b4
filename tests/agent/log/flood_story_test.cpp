// SPDX-License-Identifier: Apache-2.0
//
// One packet brings a hundred thousand members: what is written to the disk, and what is not left
// out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "agent/log/event_log.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::whole_file;
using testing::HasSubstr;

class Flood : public testing::Test {
protected:
    Flood() : log_{std::move(*Log::open({.file = folder_ / "log"}))} {
        log_->observe([this](const LogEntry& entry) { joins_ += entry.event == "member-join"; });
    }
    void joins(Time now, int members) {
        for (int i = 0; i < members; ++i) {
            out_.notify_serf(serf::MemberEvent{.kind = serf::MemberEventKind::join,
                                               .member = {.name = "n" + std::to_string(i)}});
        }
        events_.write(now, out_, nobody_);
        out_.clear();
    }
    [[nodiscard]] auto lines() const {
        return std::ranges::count(whole_file(folder_ / "log"), '\n');
    }

    TestFolder folder_;
    std::unique_ptr<Log> log_;
    EventLog events_{*log_};
    const membership::MemberTable nobody_{16};
    serf::Serf::Outbox out_;
    int joins_ = 0;
};

TEST_F(Flood, TheFileGetsSoManyLinesASecondAndOneAboutTheOthers) {
    joins(Time{1h}, 1434);
    EXPECT_EQ(lines(), 200);
    EXPECT_EQ(log_->lines_left_out(), 1234u);
    joins(Time{1h} + 1s, 1);
    EXPECT_EQ(lines(), 202);
    EXPECT_THAT(whole_file(folder_ / "log"),
                HasSubstr("[INFO] serf: and 1234 more member-join lines were left out\n"));
}

TEST_F(Flood, TheJournalGetsAllOfThemAndHasBoundsOfItsOwn) {
    joins(Time{1h}, 1434);
    EXPECT_EQ(joins_, 1434);
}

TEST_F(Flood, ALargeClusterThatStartsInAMinuteIsLoggedWhole) {
    for (int i = 0; i < 60; ++i) joins(Time{1h} + i * 1s, 200);
    EXPECT_EQ(lines(), 60 * 200);
    EXPECT_EQ(log_->lines_left_out(), 0u);
}

}  // namespace
}  // namespace rollcall::agent
