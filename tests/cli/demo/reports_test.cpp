// SPDX-License-Identifier: Apache-2.0
//
// What the demo reads from the logs of its agents, and what it shows of them. Whole demos are run
// in tests/interop/test_demo.py.
#include "cli/demo/reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/demo/agent_log.h"

namespace rollcall::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using std::chrono::milliseconds;

TEST(AgentLog, ALineHasItsTimeAndFields) {
    const auto line = parse_agent_log_line(
        R"({"time":"2026-11-30T02:29:08.134369Z","level":"INFO","event":"member-join",)"
        R"("component":"serf","message":"member-join: x","member":"x","status":"alive","from":""})");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->time.time_since_epoch(), std::chrono::microseconds{1796005748134369});
    EXPECT_EQ(line->event, "member-join");
    EXPECT_EQ(line->member, "x");
    EXPECT_EQ(line->status, "alive");
    const auto started = parse_agent_log_line(
        R"({"time":"2026-11-30T02:29:08.000001Z","event":"started","bind":"127.0.0.1:1",)"
        R"("rpc_addr":"127.0.0.1:2","http_addr":"127.0.0.1:3"})");
    ASSERT_TRUE(started);
    EXPECT_EQ(started->bind + started->rpc_addr + started->http_addr,
              "127.0.0.1:1127.0.0.1:2127.0.0.1:3");
}

TEST(AgentLog, OtherOutputIsNoLine) {
    for (const char* text : {"", "--bind: 'x' is not allowed", "[]", "{}", "{\"time\":3}",
                             "{\"time\":\"soon\"}", "{\"time\":\"2026-11-30T02:29:08", "\xff"}) {
        EXPECT_FALSE(parse_agent_log_line(text)) << text;
    }
}

class ReportsOfThree : public ::testing::Test {
protected:
    ReportsOfThree() { reports.on_action("n3", at(0)); }

    static WallTime at(int ms) { return WallTime{std::chrono::hours{1000}} + milliseconds{ms}; }
    std::vector<Report> see(const std::string& who, const std::string& event, int ms,
                            const std::string& about = "n3", const std::string& level = "INFO") {
        const DemoAgent agent{.name = who};
        return reports.on_line(agent,
                               {.time = at(ms),
                                .level = level,
                                .event = event,
                                .message = event + ": " + about + " \x1b[2J",
                                .member = about,
                                .status = event == "member-failed" ? "failed" : "alive"},
                               agents);
    }

    Agents agents{"fast", {[](auto&&...) {}, [](auto&&...) {}}};  // none runs
    Reports reports;
};

TEST_F(ReportsOfThree, OnlyTheFirstToNoticeIsShownWithItsTime) {
    const auto first = see("n2", "member-failed", 2030);
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_THAT(first[0].text,
                AllOf(StartsWith("    2.03 s  n2   "), HasSubstr("member-failed: n3")));
    EXPECT_EQ(first[0].text.find('\x1b'), std::string::npos) << "sanitized";
    EXPECT_THAT(see("n1", "member-failed", 2050), IsEmpty());
    EXPECT_EQ(reports.first("n3", "member-failed"), at(2030));
    EXPECT_EQ(reports.last("n3", "member-failed"), std::nullopt)
        << "no agent runs that could agree";
}

TEST_F(ReportsOfThree, AnActionBeginsItsMembersStoryAgain) {
    EXPECT_THAT(see("n2", "member-failed", 2000), SizeIs(1));
    reports.on_action("n3", at(5000));
    EXPECT_THAT(see("n1", "member-failed", 4999), IsEmpty()) << "logged before the action";
    const auto back = see("n1", "member-join", 5400);
    ASSERT_THAT(back, SizeIs(1));
    EXPECT_THAT(back[0].text, StartsWith("    0.40 s  n1 "));
}

TEST_F(ReportsOfThree, AnAgentsViewOfItselfAndJoinsWithOldMembersAreNotShown) {
    EXPECT_THAT(see("n3", "member-join", 10, "n3"), IsEmpty());
    EXPECT_THAT(see("n3", "member-join", 20, "n1"), IsEmpty());
    EXPECT_THAT(see("n1", "member-suspected", 30, "n2"), SizeIs(1)) << "a surprise is shown";
}

TEST_F(ReportsOfThree, WarningsAreShownAndOtherLinesAreNot) {
    EXPECT_THAT(see("n3", "refuted", 100, "", "WARN"), SizeIs(1));
    EXPECT_THAT(see("n3", "advertise", 100, ""), IsEmpty());
}

}  // namespace
}  // namespace rollcall::cli
