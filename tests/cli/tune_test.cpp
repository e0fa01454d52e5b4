// SPDX-License-Identifier: Apache-2.0
//
// `rollcall tune` with many members: who is asked again, and what is undone when not all take it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/captured.h"
#include "cli/conversation.h"
#include "rpc/messages.h"
#include "serf/tune_messages.h"

namespace rollcall::cli {
namespace {

using ::testing::ContainsRegex;
using testing::Conversation;
using ::testing::HasSubstr;

class TuneOfTwo : public ::testing::Test {
protected:
    TuneOfTwo() { talk_.is_rollcall().lists({member_up("a"), member_up("b")}); }
    static rpc::Member member_up(std::string name) {
        return {.name = std::move(name),
                .addr = WireAddress::v4(127, 0, 0, 1),
                .port = 1,
                .status = "alive"};
    }
    // Of a query: these members accept what it asks, the others are silent until its end.
    TuneOfTwo& accepted_by(const std::vector<std::string>& names) {
        talk_.takes(true);
        for (const std::string& name : names) {
            const serf::TuneAnswer answer{.accepted = true, .state = "tentative", .id = "x1"};
            const std::string text = serf::encode_tune_answer(answer, 1000);
            const auto bytes = as_bytes(text);
            talk_.record_of_query({.type = "response",
                                   .from = name,
                                   .payload = std::vector<std::byte>(bytes.begin(), bytes.end())});
        }
        talk_.record_of_query({.type = "done"});
        return *this;
    }
    testing::Outcome tune_all() { return talk_.run({"tune", "gossip-nodes=4", "--all"}); }
    [[nodiscard]] std::size_t asked(const std::string& verb) const {
        std::size_t times = 0;
        for (const std::string& request : talk_.received) {
            times += request.find("_serf_rollcall_tune") != std::string::npos &&
                             request.find(verb + " ") != std::string::npos
                         ? 1
                         : 0;
        }
        return times;
    }

    Conversation talk_;
};

TEST_F(TuneOfTwo, WhoDoesNotAnswerIsAskedAgain) {
    accepted_by({"a"}).accepted_by({"b"});  // prepare
    accepted_by({"b"}).accepted_by({"a"});  // apply
    const auto outcome = tune_all();
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ContainsRegex("a +applied"));
    EXPECT_THAT(outcome.out, ContainsRegex("b +applied"));
    EXPECT_EQ(asked("prepare"), 2u);
    EXPECT_EQ(asked("apply"), 2u);
}

TEST_F(TuneOfTwo, NoneAppliesItIfOneDoesNotAnswer) {
    accepted_by({"a"}).accepted_by({});  // prepare
    accepted_by({"a"}).accepted_by({});  // revert
    const auto outcome = tune_all();
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_THAT(outcome.out, ContainsRegex("a +not applied"));
    EXPECT_THAT(outcome.out, ContainsRegex("b +no answer"));
    EXPECT_THAT(outcome.out, HasSubstr("Nothing was changed. With --partial"));
    EXPECT_EQ(asked("apply"), 0u);
}

TEST_F(TuneOfTwo, ItIsUndoneIfNotAllApplyIt) {
    accepted_by({"a", "b"});             // prepare
    accepted_by({"a"}).accepted_by({});  // apply
    accepted_by({"a"}).accepted_by({});  // revert
    const auto outcome = tune_all();
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_THAT(outcome.out, ContainsRegex("a +reverted"));
    EXPECT_THAT(outcome.out, ContainsRegex("b +no answer"));
    EXPECT_THAT(outcome.out, HasSubstr("It was undone again."));
}

}  // namespace
}  // namespace rollcall::cli
