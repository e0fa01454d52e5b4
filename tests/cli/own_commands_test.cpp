// SPDX-License-Identifier: Apache-2.0
//
// Commands that use what only rollcall agents have: they ask first which agent this is, and do
// without where it is a Serf agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "cli/captured.h"
#include "cli/conversation.h"
#include "rpc/messages.h"

namespace rollcall::cli {
namespace {

namespace rpc = agent::rpc;
using testing::Conversation;
using ::testing::HasSubstr;
using ::testing::StartsWith;

rpc::Member some_member(std::string name, std::string status) {
    return {.name = std::move(name),
            .addr = WireAddress::v4(10, 0, 0, 7),
            .port = 7946,
            .status = std::move(status),
            .delegate_min = 2,
            .delegate_max = 5,
            .delegate_cur = 5};
}
rpc::MemberDetails some_suspect(std::string name) {
    return {.member = some_member(std::move(name), "alive"),
            .time = 1'796'004'603'000'000,
            .state = "suspect",
            .state_age = 1'300'000'000,
            .by = {"c", "d"},
            .incarnation = 3,
            .ack_age = 2'500'000'000,
            .rtt = 412'000};
}

// --- members --detailed --------------------------------------------------------------------------

TEST(MembersDetailed, ShowsWhatARollcallAgentKnowsAfterSerfsColumns) {
    rpc::MemberDetails self{.member = some_member("a", "alive"), .state = "alive"};
    Conversation talk;
    const auto outcome =
        talk.is_rollcall()
            .takes(true)
            .sends(rpc::MemberDetailsResponse{.members = {some_suspect("db1"), self}})
            .run({"members", "--detailed", "--name", ".*"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    EXPECT_EQ(outcome.out,
              "a    10.0.0.7:7946  alive    Protocol Version: 5  Available Protocol Range: [2, 5]  "
              "alive for 0.0s                           -         -\n"
              "db1  10.0.0.7:7946  alive    Protocol Version: 5  Available Protocol Range: [2, 5]  "
              "suspected for 1.3s by c, confirmed by d  2.5s ago  0.412 ms\n");
    EXPECT_THAT(talk.received.at(4), HasSubstr("\"Name\": \".*\""));
}

TEST(MembersDetailed, AsJsonTheMomentsAreThoseOfTheAgent) {
    const auto outcome = Conversation{}
                             .is_rollcall()
                             .takes(true)
                             .sends(rpc::MemberDetailsResponse{.members = {some_suspect("db1")}})
                             .run({"members", "--detailed", "--format", "json"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    for (const char* part : {"\"addr\": \"10.0.0.7:7946\"", "\"state\": \"suspect\"",
                             "\"since\": \"2026-11-30T02:10:01.700000Z\"",
                             "\"last_ack\": \"2026-11-30T02:10:00.500000Z\"", "\"rtt_ms\": 0.412",
                             "\"incarnation\": 3"}) {
        EXPECT_THAT(outcome.out, HasSubstr(part));
    }
}

TEST(MembersDetailed, OfASerfAgentHasSerfsColumns) {
    const auto outcome = Conversation{}
                             .is_serf()
                             .takes(true)
                             .sends(rpc::MembersResponse{.members = {some_member("s1", "alive")}})
                             .run({"members", "--detailed"});
    EXPECT_EQ(
        outcome.out,
        "s1  10.0.0.7:7946  alive    Protocol Version: 5  Available Protocol Range: [2, 5]\n");
}

// --- why -----------------------------------------------------------------------------------------

TEST(Why, ASerfAgentIsNamedAsTheReason) {
    const auto outcome = Conversation{}.is_serf().run({"why", "db1"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error asking why: the agent s1 is a Serf agent: it keeps "
                                        "no record of what it saw\nhint: ask a rollcall agent"));
}

TEST(Why, AnUnknownNameIsAnErrorWithTheNearestName) {
    const auto outcome = Conversation{}
                             .is_rollcall()
                             .takes(true)
                             .sends(rpc::WhyResponse{})
                             .takes(false)
                             .sends(rpc::MembersResponse{.members = {some_member("web1", "alive")}})
                             .run({"why", "wbe1"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("Error asking why: the agent knows no member named 'wbe1'\n"
                                        "hint: did you mean 'web1'?"));
}

TEST(Why, AllAsksTheOthersByTheQueryOfTheProgram) {
    Conversation talk;
    talk.is_rollcall().takes(true).sends(
        rpc::WhyResponse{.known = true, .member = some_suspect("db1")});
    talk.takes(false).sends(
        rpc::MembersResponse{.members = {some_member("b", "alive"), some_member("x", "failed")}});
    talk.takes(true);
    constexpr std::string_view answer = R"({"v":1,"known":false,"records":[]})";
    for (const rpc::AnswerRecord& record :
         {rpc::AnswerRecord{.type = "ack", .from = "b"},
          rpc::AnswerRecord{.type = "response",
          .from = "b",
          .payload = rpc::Payload{std::in_place, as_bytes(answer).begin(), as_bytes(answer).end()}},
          rpc::AnswerRecord{.type = "done"}}) {
        talk.record_of_query(record);
    }
    const auto outcome = talk.run({"why", "db1", "--all", "--timeout", "2s"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("suspected for 1.3s by c, confirmed by d\n"));
    EXPECT_THAT(outcome.out, HasSubstr("as seen by b: no such member\n"));
    EXPECT_THAT(talk.received.at(7), HasSubstr("\"Name\": \"_serf_rollcall_why\""));
    EXPECT_THAT(talk.received.at(7), HasSubstr("\"Timeout\": 2000000000"));
}

TEST(Why, ATimeoutWithoutAllIsAMistake) {
    const auto outcome = testing::run({"why", "db1", "--timeout", "2s"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("--timeout: only with --all"));
    EXPECT_THAT(testing::run({"why"}).err, StartsWith("A member name must be specified."));
    EXPECT_THAT(testing::run({"why", ""}).err, HasSubstr("the name is empty"));
}

// --- monitor --format json -----------------------------------------------------------------------

TEST(MonitorAsJson, PrintsTheRecordsOfTheJournalAsTheyAre) {
    Conversation talk;
    talk.is_rollcall().takes(true).record(3, R"({"seq":7,"event":"member-failed"})");
    talk.record(3, R"({"event":"lagged","lost":2,"from":8,"to":9})");
    const auto outcome = talk.run({"monitor", "--format", "json", "--since", "6", "--member", "b"});
    EXPECT_EQ(outcome.exit, kExitError);  // the agent went away
    EXPECT_EQ(outcome.out,
              "{\"seq\":7,\"event\":\"member-failed\"}\n"
              "{\"event\":\"lagged\",\"lost\":2,\"from\":8,\"to\":9}\n");
    for (const char* part : {"{\"Member\": \"b\"}", "{\"Since\": 6}", "{\"Last\": 0}"}) {
        EXPECT_THAT(talk.received.at(4), HasSubstr(part));
    }
}

TEST(MonitorAsJson, WithoutANumberItBeginsWithTheLastRecords) {
    Conversation talk;
    static_cast<void>(talk.is_rollcall().takes(true).run({"monitor", "--format", "json"}));
    EXPECT_THAT(talk.received.at(4), HasSubstr("{\"Last\": 512}"));
}

TEST(MonitorAsJson, ARecordCannotControlTheTerminal) {
    Conversation talk;
    const auto outcome = talk.is_rollcall()
                             .takes(true)
                             .record(3, "\x1b[2J\n{}")
                             .run({"monitor", "--format", "json"});
    EXPECT_EQ(outcome.out, "\\x1b[2J\\x0a{}\n");
}

TEST(MonitorAsJson, OfASerfAgentHasSerfsLinesAndNoNumbers) {
    Conversation talk;
    const auto refused = talk.is_serf().run({"monitor", "--format", "json", "--since", "0"});
    EXPECT_EQ(refused.exit, kExitError);
    EXPECT_THAT(refused.err, HasSubstr("is a Serf agent: its records have no numbers"));
}

TEST(MonitorAsJson, ANumberNeedsJsonAndDigits) {
    EXPECT_THAT(testing::run({"monitor", "--since", "3"}).err, HasSubstr("need --format json"));
    for (const char* since : {"x", "-1", "3x", "99999999999999999999"}) {
        EXPECT_THAT(testing::run({"monitor", "--format", "json", "--since", since}).err,
                    HasSubstr("'" + std::string{since} + "' is not the number of a record"))
            << since;
    }
}

}  // namespace
}  // namespace rollcall::cli
