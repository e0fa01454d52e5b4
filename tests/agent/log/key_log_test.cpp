// SPDX-License-Identifier: Apache-2.0
//
// What the log says of changes of the keyring: what was done, to which key, for whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/log/event_log.h"

namespace rollcall::agent {
namespace {

using serf::KeyCommand;
using serf::KeyCommandHandled;
using testing::EndsWith;
using testing::HasSubstr;

class KeyLog : public testing::Test {
protected:
    KeyLog() : log_{std::move(*Log::open({.file = "/dev/null"}))}, events_{*log_} {}

    void tell(KeyCommandHandled event, Time now = Time{}) {
        serf::Serf::Outbox out;
        out.notify_serf(std::move(event));
        events_.write(now, out, nobody_);
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> texts;
        for (const LogLine& line : log_->recent()) texts.push_back(line.text);
        return texts;
    }
    static KeyCommandHandled asked_by_b(KeyCommand command) {
        return {.command = command,
                .fingerprint = command == KeyCommand::list ? "" : "be45cb26",
                .source = "b",
                .address = WireAddress::v4(10, 0, 0, 2),
                .port = 7946};
    }

private:
    std::unique_ptr<Log> log_;
    EventLog events_;
    const membership::MemberTable nobody_{16};
};

TEST_F(KeyLog, EachChangeHasItsOperationFingerprintAndRequester) {
    for (const KeyCommand command : {KeyCommand::install, KeyCommand::use, KeyCommand::remove}) {
        KeyCommandHandled event = asked_by_b(command);
        event.changed = true;
        tell(event);
    }
    const auto told = lines();
    ASSERT_EQ(told.size(), 3u);
    const std::string by = "; requested by b at 10.0.0.2:7946";
    EXPECT_THAT(told[0], EndsWith("[INFO] serf: installed key be45cb26" + by));
    EXPECT_THAT(told[1], EndsWith("[INFO] serf: made key be45cb26 the primary key" + by));
    EXPECT_THAT(told[2], EndsWith("[INFO] serf: removed key be45cb26" + by));
}

TEST_F(KeyLog, AControlClientOfThisAgentIsNamedAsSuch) {
    KeyCommandHandled event = asked_by_b(KeyCommand::install);
    event.changed = event.asked_by_us = true;
    tell(event);
    ASSERT_EQ(lines().size(), 1u);
    EXPECT_THAT(lines()[0], EndsWith("; requested by a control client of this agent"));
}

TEST_F(KeyLog, ListingsNoChangesAndRefusalsHaveDifferentLines) {
    tell(asked_by_b(KeyCommand::list));
    tell(asked_by_b(KeyCommand::install), Time{} + std::chrono::seconds{11});
    KeyCommandHandled refused = asked_by_b(KeyCommand::use);
    refused.refused = "Requested key is not in the keyring";
    tell(refused);
    const auto told = lines();
    ASSERT_EQ(told.size(), 3u);
    EXPECT_THAT(told[0], HasSubstr("[INFO] serf: listed the keys; requested by b"));
    EXPECT_THAT(told[1], HasSubstr("[INFO] serf: key be45cb26 was installed already; requested"));
    EXPECT_THAT(told[2], HasSubstr("[WARN] serf: refused to make key be45cb26 the primary key: "
                                   "Requested key is not in the keyring; requested by b"));
}

// On a cluster without keys any stranger can ask.
TEST_F(KeyLog, LinesWithoutAChangeAreLimitedAndCountedAndChangesNever) {
    KeyCommandHandled refused = asked_by_b(KeyCommand::list);
    refused.refused = "Keyring is empty (encryption not enabled)";
    for (int i = 0; i < 100; ++i) tell(refused);
    EXPECT_EQ(lines().size(), 1u);
    tell(refused, Time{} + std::chrono::seconds{11});
    ASSERT_EQ(lines().size(), 2u);
    EXPECT_THAT(lines()[1], HasSubstr("(and 99 more)"));
    KeyCommandHandled changed = asked_by_b(KeyCommand::install);
    changed.changed = true;
    for (int i = 0; i < 5; ++i) tell(changed);
    EXPECT_EQ(lines().size(), 7u);
}

}  // namespace
}  // namespace rollcall::agent
