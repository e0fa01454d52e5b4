// SPDX-License-Identifier: Apache-2.0
//
// A client's session without its socket: bytes in, bytes out, whatever their segmentation, and
// however long a command takes.
#include "agent/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/session/session_fixture.h"

namespace rollcall::agent::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(SessionTest, AnExaminationRepliesWithItsFindingsOrWithAnErrorAlone) {
    agent_.diagnosis.findings = {{.check = "udp", .grade = "ok", .what = "12 pings were acked"}};
    agent_.slow = true;
    receive(handshake(1) + command("doctor", 2) + rpc::encode(rpc::DoctorRequest{.peer = "db3"}) +
            command("leave", 3));
    EXPECT_EQ(objects().size(), 1u) << "it takes its time";
    ASSERT_EQ(agent_.waiting.size(), 1u);
    agent_.waiting.front()();
    agent_.waiting.pop_front();
    EXPECT_THAT(agent_.calls, ElementsAre("doctor db3"));
    auto sent = objects();
    ASSERT_GE(sent.size(), 2u);
    EXPECT_EQ(sent[0], reply(2));
    EXPECT_EQ(sent[1]["Findings"][0]["Check"], "udp");
    EXPECT_EQ(sent[1]["Findings"][0]["What"], "12 pings were acked");

    begin();
    agent_.slow = false;
    agent_.error = "no member is named 'db4'";
    receive(handshake(1) + command("doctor", 2) + rpc::encode(rpc::DoctorRequest{.peer = "db4"}));
    EXPECT_THAT(objects(), ElementsAre(reply(1), reply(2, "no member is named 'db4'")));
}

TEST_F(SessionTest, TheRepliesDoNotDependOnHowTheRequestsAreCut) {
    token_ = "secret";
    const std::string requests =
        handshake(1) + command("auth", 2) + rpc::encode(rpc::AuthRequest{.auth_key = "secret"}) +
        command("stats", 3) + command("event", 4) +
        rpc::encode(rpc::EventRequest{.name = "deploy"}) + command("leave", 5);
    agent_.numbers = {{"agent", {{"name", "n1"}}}};
    begin();
    receive(requests);
    const std::string at_once = pump();
    EXPECT_EQ(objects_in(at_once).size(), 6u);
    for (const std::size_t piece : {1, 2, 7}) {
        begin();
        std::string replies;
        for (std::size_t at = 0; at < requests.size(); at += piece) {
            receive(std::string_view{requests}.substr(at, piece));
            replies += pump();
        }
        EXPECT_EQ(replies, at_once) << "in pieces of " << piece;
    }
}

TEST_F(SessionTest, ASlowCommandDelaysLaterOnesButNotRecords) {
    receive(handshake(1) + command("stream", 2) + rpc::encode(rpc::StreamRequest{.type = "*"}));
    EXPECT_THAT(objects(), ElementsAre(reply(1), reply(2)));
    agent_.slow = true;
    receive(command("leave", 3) + command("stats", 4));
    EXPECT_TRUE(objects().empty());
    EXPECT_TRUE(session_->busy());

    const Json record = {{"Event", "user"}};
    session_->deliver("user", "deploy",
                      std::make_shared<const std::string>("\x81\xa5"
                                                          "Event"
                                                          "\xa4"
                                                          "user"));
    EXPECT_THAT(objects(), ElementsAre(reply(2), record));

    const int wakes = wakes_;
    agent_.waiting.front()();
    EXPECT_EQ(wakes_, wakes + 1);
    EXPECT_THAT(objects(), ElementsAre(reply(3), reply(4), Json::object()));
}

TEST_F(SessionTest, ACommandThatEndsAfterTheSessionIsNotAnswered) {
    receive(handshake(1));
    static_cast<void>(pump());
    agent_.slow = true;
    receive(command("join", 2) + rpc::encode(rpc::JoinRequest{.existing = {"a"}}));
    static_cast<void>(pump());
    session_.reset();
    const int wakes = wakes_;
    agent_.waiting.front()();
    EXPECT_EQ(wakes_, wakes);
}

TEST_F(SessionTest, TheEndOfASessionForgetsItsQueries) {
    receive(handshake(1) + command("query", 2) + rpc::encode(rpc::QueryRequest{.name = "load"}));
    static_cast<void>(pump());
    EXPECT_EQ(agent_.running.size(), 1u);
    EXPECT_TRUE(session_->watches());
    session_.reset();
    EXPECT_TRUE(agent_.running.empty());
}

TEST_F(SessionTest, AListOfMembersIsMadeInSlices) {
    limits_.members_per_slice = 2;
    for (int i = 0; i < 5; ++i) agent_.all.push_back({.name = "m" + std::to_string(i)});
    begin();
    receive(handshake(1) + command("members", 2));
    std::string out;
    std::size_t rounds = 0;
    while (session_->pump(out, kPlenty)) ++rounds;
    EXPECT_EQ(rounds, 4u) << "the head of the reply, two slices, and the third with the number";
    const auto all = objects_in(out);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[2]["Members"].size(), 5u);
}

TEST_F(SessionTest, AListHasTheMembersThatAreThereWhenTheirTurnComes) {
    limits_.members_per_slice = 2;
    for (const char* const name : {"b", "c", "d", "e"}) agent_.all.push_back({.name = name});
    begin();
    receive(handshake(1) + command("members", 2));
    std::string out;
    ASSERT_TRUE(session_->pump(out, kPlenty));  // the head
    ASSERT_TRUE(session_->pump(out, kPlenty));  // b and c
    std::erase_if(agent_.all, [](const auto& m) { return m.name == "c" || m.name == "d"; });
    agent_.all.push_back({.name = "a"});
    agent_.all.push_back({.name = "f"});
    const auto all = objects_in(out + pump());
    ASSERT_EQ(all.size(), 3u);
    std::string names;
    for (const Json& member : all[2]["Members"]) names += member["Name"].get<std::string>();
    EXPECT_EQ(names, "bcef");
}

TEST_F(SessionTest, ALongListIsSentPieceByPieceAndStopsAtTheRoom) {
    for (int i = 0; i < 3000; ++i) agent_.all.push_back({.name = "m" + std::to_string(i)});
    receive(handshake(1) + command("members", 2));
    std::string out;
    std::size_t longest = 0, parts = 0;
    for (std::string part; !(part = pump(1)).empty(); ++parts) {
        longest = std::max(longest, part.size());
        out += part;
    }
    EXPECT_GT(parts, 5u);
    EXPECT_LE(longest, std::size_t{64} << 10);
    EXPECT_EQ(objects_in(out).at(2)["Members"].size(), 3000u);
}

TEST_F(SessionTest, ABrokenRequestClosesAfterEarlierRepliesAreSent) {
    receive(handshake(1) + command("force-leave", 2) + "\xc1");
    EXPECT_THAT(objects(), ElementsAre(reply(1)));
    EXPECT_TRUE(session_->closing());
    EXPECT_EQ(stats_.broken_requests, 1u);
    EXPECT_THAT(complaints_, ElementsAre(HasSubstr("a request of a client is not msgpack")));
}

}  // namespace
}  // namespace rollcall::agent::tests
