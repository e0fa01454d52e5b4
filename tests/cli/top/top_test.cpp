// SPDX-License-Identifier: Apache-2.0
//
// `rollcall top`: the figures of an answer, the table, and the conversation with the agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/conversation.h"
#include "cli/terminal/scroll.h"
#include "cli/terminal/width.h"
#include "cli/top/round.h"
#include "cli/top/table.h"

namespace rollcall::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::Conversation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kBusy =
    R"({"state":"ok","age_ms":900,"cpu":{"cores":8,"busy":0.714,"iowait":0.02,"steal":0.1},)"
    R"("memory":{"total":16000000000,"available":4000000000,"swap_total":2000000000,)"
    R"("swap_free":1000000000},"load":[7.31,7.9,7.7],"uptime_s":7260,)"
    R"("pressure":{"cpu":{"some":0.5,"full":0},"memory":{"some":0.012},"io":{"some":0}}})";
constexpr std::string_view kIdle =
    R"({"state":"ok","cpu":{"cores":2,"busy":0.01},"memory":{"total":1000,"available":10},)"
    R"("load":[0.01,0,0]})";

rpc::Member top_member(std::string name, std::string status = "alive") {
    return {.name = std::move(name),
            .addr = WireAddress::v4(10, 0, 0, 1),
            .port = 7946,
            .status = std::move(status)};
}

Top top_of(std::vector<rpc::Member> members) {
    return Top{members};
}

std::vector<std::string> top_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// --- figures -------------------------------------------------------------------------------------

TEST(TopFigures, OfAnAnswer) {
    const auto answer = parse_sample(kBusy);
    ASSERT_TRUE(answer);
    const TopFigures& f = answer->figures;
    EXPECT_EQ(share_text(f.busy), "71%");
    EXPECT_EQ(share_text(f.memory_used), "75%");
    EXPECT_EQ(size_text(f.memory), "14.9G");
    EXPECT_EQ(share_text(f.swap_used), "50%");
    EXPECT_EQ(share_text(f.stall()), "50%");
    EXPECT_DOUBLE_EQ(f.uptime.value_or(-1), 7260);
}

TEST(TopFigures, WhatIsMissingOrAbsurdIsAbsent) {
    for (const char* text :
         {"", "x", "[]", "1", "null", "{}", R"({"state":1})", R"({"state":"new"})", R"("ok")"}) {
        EXPECT_FALSE(parse_sample(text)) << text;
    }
    const auto answer = parse_sample(
        R"({"state":"ok","cpu":{"cores":-1,"busy":1.5,"iowait":"x","steal":-0.5},)"
        R"("memory":{"total":1e300,"available":5},"load":{},"pressure":[1],"uptime_s":null})");
    ASSERT_TRUE(answer);
    const TopFigures& f = answer->figures;
    EXPECT_FALSE(f.cores || f.busy || f.iowait || f.steal || f.memory || f.memory_used || f.load ||
                 f.stall() || f.uptime);
    EXPECT_EQ(parse_sample(R"({"state":"off"})")->state, TopAnswer::State::off);
    EXPECT_EQ(parse_sample(R"({"state":"none"})")->state, TopAnswer::State::none);
}

TEST(TopFigures, SizesHaveUnits) {
    EXPECT_EQ(size_text({}), "-");
    EXPECT_EQ(size_text(0), "0");
    EXPECT_EQ(size_text(1023), "1023");
    EXPECT_EQ(size_text(1536), "1.5K");
    EXPECT_EQ(size_text(1e18), "888.2P");
}

// --- the table -----------------------------------------------------------------------------------

TEST(TopTable, TheBusiestFirstAndWhoDidNotAnswerLastWithTheReason) {
    Top top = top_of({top_member("idle"), top_member("busy"), top_member("gone", "failed"),
                      top_member("serf"), top_member("silent"), top_member("away", "left")});
    top.answered("idle", kIdle);
    top.acked("serf");
    EXPECT_FALSE(top.complete());
    top.answered("busy", kBusy);
    EXPECT_THAT(
        top_lines(top.as_text(TopSort::cpu, false)),
        ElementsAre(
            "NAME    CPU  IOWAIT  STEAL  MEM  OF     SWAP  LOAD  CORES  PRESSURE  UP",
            "busy    71%  2%      10%    75%  14.9G  50%   7.31  8      50/1/0%   2h 1m",
            "idle    1%   -       -      99%  1000   -     0.01  2      -         -",
            "gone    -    -       -      -    -      -     -     -      -         -      failed",
            "serf    -    -       -      -    -      -     -     -      -         -      does not "
            "know the question: a Serf agent, or an older rollcall",
            "silent  -    -       -      -    -      -     -     -      -         -      no answer "
            "in time",
            "", "2 of 5 members answered; not: gone, serf, silent"));
}

TEST(TopTable, IsSortedByWhatIsWanted) {
    Top top = top_of({top_member("a"), top_member("b")});
    top.answered("a", kIdle);
    top.answered("b", kBusy);
    const auto first = [&](std::string_view sort) {
        return top_lines(top.as_text(*parse_top_sort(sort), false)).at(1).substr(0, 1);
    };
    EXPECT_EQ(first("cpu"), "b");
    EXPECT_EQ(first("mem"), "a");
    EXPECT_EQ(first("load"), "b");
    EXPECT_EQ(first("pressure"), "b");
    EXPECT_EQ(first("name"), "a");
    EXPECT_FALSE(parse_top_sort("memory"));
}

TEST(TopTable, IsCompleteWhenAllThatAreUpHaveAnswered) {
    Top top = top_of({top_member("a"), top_member("b"), top_member("c", "failed")});
    top.answered("a", kIdle);
    EXPECT_FALSE(top.complete());
    top.answered("b", "nonsense");
    EXPECT_TRUE(top.complete());
    EXPECT_THAT(top.as_text(TopSort::cpu, false), HasSubstr("its answer cannot be read"));
}

TEST(TopTable, AMemberThatFailedMeanwhileIsShownAsFailed) {
    Top top = top_of({top_member("a")});
    const std::vector<rpc::Member> now{top_member("a", "failed")};
    top.update(now);
    EXPECT_THAT(top.as_text(TopSort::cpu, false), HasSubstr("  failed\n"));
}

TEST(TopTable, AMemberWithoutSamplesHasAnswered) {
    Top top = top_of({top_member("a"), top_member("b")});
    top.answered("a", R"({"state":"off"})");
    top.answered("b", R"({"state":"none"})");
    const std::string text = top.as_text(TopSort::cpu, false);
    EXPECT_THAT(text, AllOf(HasSubstr("it takes no samples"), HasSubstr("it has no sample yet"),
                            HasSubstr("2 of 2 members answered\n")));
}

TEST(TopTable, AsJson) {
    Top top = top_of({top_member("a"), top_member("b", "failed"), top_member("c")});
    top.answered("a", kBusy);
    const auto json = nlohmann::json::parse(top.as_json(TopSort::cpu));
    EXPECT_EQ(json.at("answered"), 1);
    EXPECT_EQ(json.at("missing"), 2);
    EXPECT_EQ(json.at("members").at(0).at("sample"), nlohmann::json::parse(kBusy));
    EXPECT_EQ(json.at("members").at(1).at("reason"), "failed");
    EXPECT_EQ(json.at("members").at(2).at("reason"), "no_answer");
}

TEST(TopTable, ANameCannotControlTheTerminal) {
    Top top = top_of({top_member("a\x1b[2J")});
    top.answered("b\nc", kIdle);
    const std::string text = top.as_text(TopSort::cpu, false) +
                             top.as_screen(TopSort::cpu, {.size = {80, 24}, .agent = "x\x1b["});
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("b\\x0ac"));
}

TEST(TopTable, NeverExceedsTheScreenAndShowsWhoIsMissingFirst) {
    std::vector<rpc::Member> members;
    for (int i = 0; i < 40; ++i) {
        members.push_back(top_member("名前-🚀-" + std::to_string(i)));
    }
    Top top{members};
    for (int i = 0; i < 39; ++i) top.answered("名前-🚀-" + std::to_string(i), kBusy);
    for (const std::size_t columns : {1u, 5u, 20u, 80u, 200u}) {
        for (const std::size_t rows : {1u, 2u, 3u, 4u, 24u, 100u}) {
            const auto lines = top_lines(
                top.as_screen(TopSort::cpu, {.size = {columns, rows}, .time = "12:00:00"}));
            EXPECT_LE(lines.size(), rows);
            for (const std::string& line : lines) EXPECT_LE(width_of(line), columns) << line;
        }
    }
    const auto lines = top_lines(
        top.as_screen(TopSort::cpu, {.size = {200, 10}, .agent = "n1", .time = "12:00:00"}));
    EXPECT_EQ(lines.front(), "39 of 40 members answered; not: 名前-🚀-39 | agent n1 | 12:00:00");
    EXPECT_THAT(lines.at(2), AllOf(StartsWith("名前-🚀-39"), HasSubstr("no answer in time")));
    EXPECT_EQ(lines.back(), "1 to 7 of 40; arrows scroll, q quits");
}

TEST(Scroll, StaysInTheList) {
    Scroll scroll;
    scroll.handle(Key::up, 5, 10);
    EXPECT_EQ(scroll.first, 0u);
    scroll.handle(Key::page_down, 5, 10);
    EXPECT_EQ(scroll.first, 5u);
    scroll.handle(Key::end, 5, 10);
    scroll.handle(Key::down, 5, 10);
    EXPECT_EQ(scroll.first, 10u);
    scroll.handle(Key::down, 5, 3);  // the list became shorter
    EXPECT_EQ(scroll.first, 3u);
    scroll.handle(Key::home, 5, 3);
    EXPECT_EQ(scroll.first, 0u);
}

// --- slots ---------------------------------------------------------------------------------------

TEST(TopRound, ALargeClusterAnswersInSlots) {
    EXPECT_EQ(slots_for(0, {}), 1u);
    EXPECT_EQ(slots_for(50, {}), 1u);
    EXPECT_EQ(slots_for(51, {}), 2u);
    EXPECT_EQ(slots_for(1000, {}), 20u);
    EXPECT_EQ(slots_for(1'000'000, {}), 200u);
    EXPECT_EQ(time_for(1), 2000ms);
    EXPECT_EQ(time_for(20), 2950ms);
}

TEST(TopRound, TheSlotsFitIntoHalfOfTheTime) {
    EXPECT_EQ(slots_for(1000, 1000ms), 10u);
    EXPECT_EQ(slots_for(1000, 100ms), 1u);
    EXPECT_EQ(slots_for(1000, 60s), 20u);
}

// --- the conversation ----------------------------------------------------------------------------

rpc::AnswerRecord top_answer(std::string from, std::string_view text) {
    const auto bytes = as_bytes(text);
    return {.type = "response",
            .from = std::move(from),
            .payload = rpc::Payload{std::in_place, bytes.begin(), bytes.end()}};
}

TEST(TopCommand, EndsWhenAllHaveAnswered) {
    Conversation talk;
    talk.is_rollcall();
    talk.takes(true).sends(
        rpc::MembersResponse{.members = {top_member("a"), top_member("x", "failed")}});
    talk.takes(true);
    talk.record_of_query({.type = "ack", .from = "a"});
    talk.record_of_query(top_answer("a", kBusy));
    const auto outcome = talk.run({"top", "--tag", "role=db"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("a     71%"), HasSubstr("1 of 2 members answered")));
    EXPECT_THAT(talk.received.at(4), HasSubstr("\"role\": \"db\""));
    EXPECT_THAT(talk.received.at(6), HasSubstr("\"Name\": \"_serf_rollcall_sample\""));
    EXPECT_THAT(talk.received.at(6), HasSubstr("\"Timeout\": 2000000000"));
    EXPECT_THAT(talk.received.at(6), HasSubstr("\"role\": \"^db$\""));
}

TEST(TopCommand, AtTheEndItLooksWhoHasFailedMeanwhile) {
    Conversation talk;
    talk.is_rollcall();
    talk.takes(true).sends(rpc::MembersResponse{.members = {top_member("a"), top_member("b")}});
    talk.takes(true);
    talk.record_of_query(top_answer("a", kBusy));
    talk.record_of_query({.type = "done"});
    talk.takes(true).sends(
        rpc::MembersResponse{.members = {top_member("a"), top_member("b", "failed")}});
    const auto outcome = talk.run({"top", "--format", "json", "--timeout", "300ms"});
    EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
    const auto json = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(json.at("members").at(1).at("reason"), "failed");
}

TEST(TopCommand, ASerfAgentIsNoUse) {
    const auto outcome = Conversation{}.is_serf().run({"top"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error asking for samples: the agent s1 is a Serf agent"));
}

TEST(TopCommand, NoMemberMatches) {
    Conversation talk;
    talk.is_rollcall().takes(true).sends(rpc::MembersResponse{});
    const auto outcome = talk.run({"top", "--tag", "role=x"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error asking for samples: no member matches\nhint: "));
}

TEST(TopCommand, MistakesAreNamed) {
    EXPECT_EQ(testing::run({"top", "--sort", "size"}).err,
              "--sort: 'size' is not allowed\nhint: --sort is cpu, mem, load, pressure or name\n");
    EXPECT_EQ(testing::run({"top", "--timeout", "5ms"}).err,
              "--timeout: '5ms' is not allowed\nhint: --timeout is 100ms to 1m\n");
    EXPECT_THAT(testing::run({"top", "--timeout", "x"}).err, StartsWith("--timeout: "));
    EXPECT_THAT(testing::run({"top", "--tag", "role"}).err, StartsWith("Error: Invalid tag"));
    EXPECT_THAT(testing::run({"top", "--tag", "role=("}).err, StartsWith("--tag role: '('"));
    EXPECT_EQ(testing::run({"top", "--sort", "size"}).exit, kExitError);
}

}  // namespace
}  // namespace rollcall::cli
