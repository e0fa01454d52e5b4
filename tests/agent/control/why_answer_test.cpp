// SPDX-License-Identifier: Apache-2.0
//
// What an agent answers to another that asks why: as much of the history as fits, and a mark for
// the rest.
#include "agent/control/why_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "agent/control/built_in_queries.h"
#include "agent/session/scripted_agent.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::system_clock;

class WhyAnswer : public testing::Test {
protected:
    void note(std::string_view text, Clock::duration ago) {
        const std::array fields{LogField{"member", "db1"}};
        agent_.records.add({.time = now_ - ago,
                            .component = "serf",
                            .event = "member-suspected",
                            .text = text,
                            .fields = fields});
    }
    Json answer(std::size_t room = 900) {
        text_ = why_answer(agent_, "db1", room, now_);
        return Json::parse(text_);
    }

    ScriptedAgent agent_;
    Clock::time_point now_ = Clock::now();
    std::string text_;
};

TEST_F(WhyAnswer, HasTheStateAndTheNewestRecordFirst) {
    agent_.all.push_back({.name = "db1", .status = serf::Status::failed});
    agent_.details["db1"] = {.record = agent_.all.back(),
                             .state = "dead",
                             .incarnation = Incarnation{3},
                             .since = 2s,
                             .by = {"a"},
                             .acked = 5s,
                             .rtt = 412us};
    note("suspecting db1", 3s);
    note("failed", 2s);
    EXPECT_EQ(answer(), Json::parse(R"({"v": 1, "known": true, "status": "failed", "state": "dead",
        "since_ms": 2000, "by": ["a"], "incarnation": 3, "ack_ms": 5000, "rtt_us": 412,
        "records": [{"ago_ms": 2000, "text": "failed"},
                    {"ago_ms": 3000, "text": "suspecting db1"}]})"));
}

TEST_F(WhyAnswer, AnUnknownMemberIsSaidToBeUnknown) {
    EXPECT_EQ(answer(), Json::parse(R"({"v": 1, "known": false, "records": []})"));
}

TEST_F(WhyAnswer, OlderRecordsAreLeftOutAndCounted) {
    for (int i = 1; i <= 30; ++i) note(std::string(100, 'x') + std::to_string(i), 30s);
    const Json cut = answer();
    EXPECT_LE(text_.size(), 900u);
    const auto& records = cut.at("records");
    EXPECT_EQ(records.size() + cut.at("cut").get<std::size_t>(), 30u);
    EXPECT_GT(records.size(), 4u);
    EXPECT_THAT(records.at(0).at("text").get<std::string>(), testing::EndsWith("x30"));
}

TEST_F(WhyAnswer, FitsWhateverTheTextsAndNamesAre) {
    agent_.all.push_back({.name = "db1", .status = serf::Status::alive});
    agent_.details["db1"] = {.record = agent_.all.back(), .state = "suspect"};
    for (int i = 0; i < 20; ++i) agent_.details["db1"].by.push_back(std::string(512, '\xff'));
    for (int i = 0; i < 32; ++i) note(std::string(static_cast<std::size_t>(i) * 60, '"'), 1s);
    for (const std::size_t room : {900u, 1300u, 2000u, 9000u}) {
        answer(room);
        EXPECT_LE(text_.size(), room);
    }
}

TEST_F(WhyAnswer, AClockThatWentBackMakesNoNegativeAge) {
    note("from the future", -5s);
    EXPECT_EQ(answer().at("records").at(0).at("ago_ms"), 0);
}

TEST(WhyAnswerRoom, LeavesRoomForTheHeadOfTheMessage) {
    EXPECT_EQ(why_answer_room(1024, "agent"), 1024u - 96 - 5);
    EXPECT_EQ(why_answer_room(50, "agent"), 0u);
}

TEST(BuiltInQueries, OnlyAKnownNameIsAnswered) {
    std::vector<std::string> sent;
    BuiltInQueries queries{[&](serf::QueryHandle query, Bytes answer) {
        sent.push_back(std::to_string(query.value()) + " " + std::string{as_text(answer)});
    }};
    queries.add("why", [](Bytes payload) { return "because " + std::string{as_text(payload)}; });
    queries.add("shy", [](Bytes) { return std::nullopt; });
    const Bytes db1 = as_bytes("db1");
    const auto ask = [&](std::uint64_t handle, std::string name) {
        queries.handle({.handle = serf::QueryHandle{handle},
                        .name = std::move(name),
                        .payload = {db1.begin(), db1.end()},
                        .source = "b"});
    };
    ask(1, "why");
    ask(2, "shy");
    ask(3, "of a newer version");
    EXPECT_THAT(sent, testing::ElementsAre("1 because db1"));
}

}  // namespace
}  // namespace rollcall::agent::tests
