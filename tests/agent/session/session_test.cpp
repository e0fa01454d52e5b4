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

#include "agent/session/scripted_agent.h"

namespace rollcall::agent::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kPlenty = std::size_t{1} << 20;

class SessionTest : public testing::Test {
protected:
    SessionTest() { begin(); }

    void begin() {
        session_ = std::make_unique<RpcSession>(RpcClient{
            .control = agent_,
            .log = *log_,
            .limits = limits_,
            .token = token_,
            .stats = stats_,
            .peer = "a client",
            .wake = [this] { ++wakes_; },
            .complain = [this](std::string_view,
                               const std::string& text) { complaints_.push_back(text); }});
    }
    static std::string command(std::string_view name, std::uint64_t seq) {
        return rpc::encode(rpc::RequestHeader{.command = std::string{name}, .seq = seq});
    }
    static std::string handshake(std::uint64_t seq) {
        return command("handshake", seq) + rpc::encode(rpc::HandshakeRequest{.version = 1});
    }
    void receive(std::string_view bytes) { session_->receive(bytes); }
    std::string pump(std::size_t room = kPlenty) {
        std::string out;
        session_->pump(out, room);
        return out;
    }
    // What was sent, as objects.
    std::vector<Json> objects() { return objects_in(pump()); }
    static std::vector<Json> objects_in(std::string_view bytes) {
        rpc::ObjectReader reader{rpc::kClientLimits};
        reader.feed(bytes);
        std::vector<Json> found;
        while (reader.next() == rpc::ObjectReader::Status::object) {
            found.push_back(to_json(reader.object()));
        }
        return found;
    }
    static Json reply(std::uint64_t seq, std::string_view error = "") {
        return {{"Error", error}, {"Seq", seq}};
    }

    std::unique_ptr<Log> log_ = std::move(*Log::open({.file = "/dev/null"}));
    ScriptedAgent agent_;
    RpcLimits limits_;
    std::string token_;
    RpcStats stats_;
    int wakes_ = 0;
    std::vector<std::string> complaints_;
    std::unique_ptr<RpcSession> session_;
};

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

TEST_F(SessionTest, AListOfMembersIsWrittenInSlicesAndStopsAtTheRoom) {
    limits_.members_per_slice = 2;
    for (int i = 0; i < 5; ++i) agent_.all.push_back({.name = "m" + std::to_string(i)});
    begin();
    receive(handshake(1) + command("members", 2));
    std::string out;
    std::size_t rounds = 0;
    for (std::string part; !(part = pump(1)).empty(); ++rounds) out += part;
    EXPECT_EQ(rounds, 5u) << "two heads of replies, three slices";
    const auto all = objects_in(out);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[2]["Members"].size(), 5u);
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
