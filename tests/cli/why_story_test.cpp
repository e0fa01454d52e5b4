// SPDX-License-Identifier: Apache-2.0
//
// The story that `rollcall why` tells, from answers of agents that may be hostile.
#include "cli/why_story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace rollcall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr std::int64_t kNow = 1'796'004'603'000'000;

std::string story_record(std::string_view text, std::string_view via = "",
                         std::string_view peer = "") {
    return Json{{"seq", 1},
                {"time", "2026-11-30T02:10:00.500000Z"},
                {"event", "member-suspected"},
                {"message", text},
                {"via", via},
                {"peer", peer}}
        .dump();
}

rpc::WhyResponse failed_member(std::vector<std::string> records) {
    return {.time = kNow,
            .known = true,
            .member = {.member = {.name = "db1",
                                  .addr = WireAddress::v4(10, 0, 0, 7),
                                  .port = 7946,
                                  .tags = {{"role", "db"}},
                                  .status = "failed"},
                       .time = kNow,
                       .state = "dead",
                       .state_age = 192'000'000'000,
                       .by = {"web2"},
                       .incarnation = 3,
                       .ack_age = 195'000'000'000,
                       .rtt = 412'000},
            .records = std::move(records)};
}

TEST(WhyStory, TellsTheStateAndEachRecordWithItsAge) {
    const WhyStory story{"db1", "a",
                         failed_member({story_record("suspecting db1: accused by web2", "gossip",
                                                     "10.0.0.5:7946")})};
    EXPECT_EQ(story.text(),
              "db1 at 10.0.0.7:7946: failed for 3m 12s, declared dead by web2\n"
              "  incarnation 3; last ack 3m 15s ago, in 0.412 ms\n"
              "\n"
              "as seen by a (UTC):\n"
              "  02:10:00     2.5s ago  suspecting db1: accused by web2 (gossip from "
              "10.0.0.5:7946)\n");
}

TEST(WhyStory, APeerThatTheTextHasIsNotRepeated) {
    const WhyStory story{"db1", "a",
                         failed_member({story_record("accused by push-pull with 10.0.0.5:7946",
                                                     "push-pull", "10.0.0.5:7946")})};
    EXPECT_THAT(story.text(), Not(HasSubstr("(push-pull")));
}

TEST(WhyStory, ASuspectNamesWhoAccusedAndWhoConfirmed) {
    auto answer = failed_member({});
    answer.member.member.status = "alive";
    answer.member.state = "suspect";
    answer.member.state_age = 1'300'000'000;
    answer.member.by = {"a", "c", "d"};
    EXPECT_THAT((WhyStory{"db1", "a", answer}.text()),
                HasSubstr(": suspected for 1.3s by a, confirmed by c, d\n"));
}

TEST(WhyStory, AfterAForceLeaveTheFailureIsStillTold) {
    auto answer = failed_member({});
    answer.member.member.status = "left";
    EXPECT_THAT((WhyStory{"db1", "a", answer}.text()),
                HasSubstr(": failed 3m 12s ago, declared dead by web2; then removed by a leave "
                          "intent (force-leave)\n"));
    answer.member.state = "left";
    EXPECT_THAT((WhyStory{"db1", "a", answer}.text()), HasSubstr(": left 3m 12s ago\n"));
}

TEST(WhyStory, AForgottenMemberIsToldFromItsRecords) {
    const WhyStory story{"db1", "a", {.time = kNow, .records = {story_record("member-reap: db1")}}};
    EXPECT_TRUE(story.is_known());
    EXPECT_THAT(story.text(), HasSubstr("db1: no longer a member\n"));
}

TEST(WhyStory, JsonHasTheDetailAndTheRecordsAsTheyAre) {
    const WhyStory story{"db1", "a",
                         failed_member({story_record("one"), "not json", story_record("two")})};
    const Json json = Json::parse(story.json());
    EXPECT_EQ(json.at("name"), "db1");
    EXPECT_EQ(json.at("member").at("since"), "2026-11-30T02:06:51.000000Z");
    EXPECT_EQ(json.at("member").at("last_ack"), "2026-11-30T02:06:48.000000Z");
    EXPECT_EQ(json.at("member").at("rtt_ms"), 0.412);
    EXPECT_EQ(json.at("member").at("address"), "10.0.0.7:7946");
    ASSERT_EQ(json.at("records").size(), 2u);
    EXPECT_EQ(json.at("records").at(1).at("message"), "two");
    EXPECT_FALSE(json.contains("others"));
}

TEST(WhyStory, TheOthersAreThoseThatAnsweredThoseThatCannotAndThoseThatWereNotReached) {
    WhyStory story{"db1", "a", failed_member({})};
    story.asked({"a", "b", "c", "s1", "x"});
    for (const char* member : {"a", "b", "c", "s1"}) story.acked(member);
    story.answered("a", R"({"v":1,"known":false,"records":[]})");  // ourselves: told above
    story.answered("b", R"({"v":1,"known":true,"status":"failed","state":"dead","since_ms":2000,
        "by":["web2"],"incarnation":3,"ack_ms":5000,"rtt_us":300,
        "records":[{"ago_ms":2000,"text":"second"},{"ago_ms":3000,"text":"first"}],"cut":7})");
    story.answered("c", R"({"v":1,"known":false,"records":[]})");
    EXPECT_THAT(story.text(),
                HasSubstr("\nas seen by b: failed for 2.0s, declared dead by web2\n"
                          "  incarnation 3; last ack 5.0s ago, in 0.300 ms\n"
                          "       3.0s ago  first\n"
                          "       2.0s ago  second\n"
                          "  (7 older records did not fit)\n"
                          "\nas seen by c: no such member\n"
                          "\nreceived the question, and cannot answer it (Serf agents, or an "
                          "older rollcall): s1\n"
                          "\nno answer (not reached, or too late): x\n"));
    const Json json = Json::parse(story.json());
    EXPECT_EQ(json.at("others").size(), 2u);
    EXPECT_EQ(json.at("others").at("b").at("cut"), 7);
    EXPECT_EQ(json.at("cannot_answer"), Json({"s1"}));
    EXPECT_EQ(json.at("no_answer"), Json({"x"}));
}

TEST(WhyStory, OnlyOneWhoKnowsTheMemberMakesItKnown) {
    WhyStory story{"db1", "a", {.time = kNow}};
    EXPECT_FALSE(story.is_known());
    story.asked({"b", "c"});
    story.answered("c", R"({"v":1,"known":false,"records":[]})");
    EXPECT_FALSE(story.is_known());
    story.answered("b", R"({"v":1,"known":true,"records":[]})");
    EXPECT_TRUE(story.is_known());
}

TEST(WhyStory, AnAnswerThatIsNoneIsSaidToBeUnreadable) {
    for (const char* payload :
         {"", "null", "[]", "{", R"({"known":true})", R"({"known":1,"records":[]})",
          R"({"known":true,"records":{}})", R"({"known":true,"records":[7]})",
          R"({"known":true,"records":[{"text":"no age"}]})"}) {
        EXPECT_FALSE(parse_other_view(payload)) << payload;
    }
    WhyStory story{"db1", "a", failed_member({})};
    story.asked({"b"});
    story.answered("b", "load 0.3");
    EXPECT_THAT(story.text(), HasSubstr("as seen by b: an answer that this version cannot read"));
    EXPECT_EQ(Json::parse(story.json()).at("others").at("b"), nullptr);
}

TEST(WhyStory, AbsurdFiguresOfAnAnswerAreNotBelieved) {
    const auto view = parse_other_view(
        R"({"known":true,"state":7,"since_ms":18446744073709551615,"by":[1,"c"],"ack_ms":-3,
            "incarnation":"x","records":[],"cut":-1})");
    ASSERT_TRUE(view);
    EXPECT_EQ(view->details.state_age, 0);
    EXPECT_EQ(view->details.ack_age, -1);
    EXPECT_EQ(view->details.by, std::vector<std::string>{"c"});
    EXPECT_EQ(view->cut, 0u);
}

TEST(WhyStory, TextFromTheNetworkDoesNotReachTheTerminal) {
    auto answer = failed_member({story_record("\x1b[2J boo", "gossip", "\x1b[31m")});
    answer.member.by = {"\x1b[0m"};
    WhyStory story{
        "d\x1b"
        "1",
        "a", answer};
    story.asked({"b\x07", "c"});
    story.answered("b\x07", R"({"known":true,"status":"\u001b","state":"\u001b","records":
        [{"ago_ms":1,"text":"\u001b[1m"}]})");
    EXPECT_THAT(story.text(), Not(HasSubstr("\x1b")));
    EXPECT_THAT(story.text(), Not(HasSubstr("\x07")));
}

}  // namespace
}  // namespace rollcall::cli
