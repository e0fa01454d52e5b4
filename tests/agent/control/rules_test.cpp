// SPDX-License-Identifier: Apache-2.0
//
// What a connection may do when, and in which words it is told otherwise.
#include <gtest/gtest.h>

#include "agent/control/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::string_literals;

TEST(RpcRules, TheFirstWordMustBeAHandshake) {
    RpcWorld world;
    RawClient& client = world.connect();
    client.command("members", 7);
    EXPECT_EQ(world.object(client), reply(7, "Handshake required"));
    EXPECT_TRUE(world.closes(client));
    EXPECT_TRUE(client.objects().empty());
}

TEST(RpcRules, AHandshakeMayBeTriedAgainButNotRepeated) {
    RpcWorld world;
    RawClient& client = world.connect();
    client.command("handshake", 1, rpc::HandshakeRequest{.version = 2});
    EXPECT_EQ(world.object(client), reply(1, "Unsupported IPC version"));
    client.command("handshake", 2, rpc::HandshakeRequest{.version = 1});
    EXPECT_EQ(world.object(client), reply(2));
    client.command("handshake", 3, rpc::HandshakeRequest{.version = 1});
    EXPECT_EQ(world.object(client), reply(3, "Handshake already performed"));
    client.command("stats", 4);
    EXPECT_EQ(world.object(client), reply(4));
}

TEST(RpcRules, AnUnknownCommandEndsTheConnection) {
    RpcWorld world;
    for (const char* command : {"nosuch", "", "Event", "list-keys "}) {
        RawClient& client = world.client();
        client.command(command, 9);
        EXPECT_EQ(world.object(client), reply(9, "Unsupported command")) << command;
        EXPECT_TRUE(world.closes(client)) << command;
    }
}

TEST(RpcRules, WithoutTheTokenNothingIsAnsweredButTheConnectionStays) {
    RpcWorld world{{}, "sekret"};
    RawClient& client = world.client();
    client.command("stats", 2);
    EXPECT_EQ(world.object(client), reply(2, "Authentication required"));
    // The body of a refused command is not taken for a command of its own.
    client.command("join", 3, rpc::JoinRequest{.existing = {"127.0.0.1:1"}});
    EXPECT_EQ(world.object(client), reply(3, "Authentication required"));
    client.command("auth", 4, rpc::AuthRequest{.auth_key = "sekre"});
    EXPECT_EQ(world.object(client), reply(4, "Invalid authentication token"));
    client.command("auth", 5, rpc::AuthRequest{.auth_key = "sekretsekret"});
    EXPECT_EQ(world.object(client), reply(5, "Invalid authentication token"));
    client.command("auth", 7, rpc::AuthRequest{.auth_key = "sekret"});
    EXPECT_EQ(world.object(client), reply(7));
    client.command("stats", 8);
    EXPECT_EQ(world.object(client), reply(8));
    EXPECT_TRUE(world.agent.calls.empty());
    EXPECT_EQ(world.server().stats().bad_tokens, 2u);
}

TEST(RpcRules, TheThirdWrongTokenEndsTheConnection) {
    RpcWorld world{{}, "sekret"};
    RawClient& client = world.client();
    // All at once: what follows the third is not executed, even with the right token.
    for (const std::uint64_t seq : {2, 3, 4}) {
        client.command("auth", seq, rpc::AuthRequest{.auth_key = "wrong"});
    }
    client.command("auth", 5, rpc::AuthRequest{.auth_key = "sekret"});
    for (const std::uint64_t seq : {2, 3, 4}) {
        EXPECT_EQ(world.object(client), reply(seq, "Invalid authentication token"));
    }
    EXPECT_TRUE(world.closes(client));
    EXPECT_TRUE(client.objects().empty());
    EXPECT_EQ(world.server().stats().bad_tokens, 3u);
    RawClient& another = world.client();
    another.command("auth", 2, rpc::AuthRequest{.auth_key = "sekret"});
    EXPECT_EQ(world.object(another), reply(2)) << "a right token is never held back";
}

TEST(RpcRules, WhereNoTokenIsSetOnlyTheEmptyOneIsRight) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("auth", 2, rpc::AuthRequest{.auth_key = "x"});
    EXPECT_EQ(world.object(client), reply(2, "Invalid authentication token"));
    client.command("auth", 3, rpc::AuthRequest{});
    EXPECT_EQ(world.object(client), reply(3));
}

TEST(RpcRules, TheLongestTokenIsAcceptedAsAListOfIntegersToo) {
    const std::string token(1024, '\xf0');
    RpcWorld world{{}, token};
    RawClient& client = world.client();
    std::string body{
        "\x81\xa7"
        "AuthKey\xdc\x04\x00"s};
    for (std::size_t i = 0; i < token.size(); ++i) body += "\xcc\xf0";
    client.send(rpc::encode(rpc::RequestHeader{"auth", 2}) + body);
    EXPECT_EQ(world.object(client), reply(2));
}

// Of 16384 elements at most: such lists take memory many times their size.
TEST(RpcRules, AListOfIntegersThatIsTooLongEndsTheConnection) {
    RpcWorld world;
    const auto event = [](std::uint16_t bytes) {
        std::string body{
            "\x82\xa4Name\xa1"
            "e\xa7Payload\xdd"s};
        for (const int shift : {24, 16, 8, 0}) {
            body += static_cast<char>(std::uint32_t{bytes} >> shift & 0xff);
        }
        return rpc::encode(rpc::RequestHeader{"event", 2}) + body + std::string(bytes, '\x07');
    };
    RawClient& fits = world.client();
    fits.send(event(16384));
    EXPECT_EQ(world.object(fits), reply(2));
    RawClient& longer = world.client();
    longer.send(event(16385));
    EXPECT_TRUE(world.closes(longer));
}

TEST(RpcRules, WhatCannotBeReadEndsTheConnectionWithoutAWord) {
    RpcWorld world;
    const auto ends = [&](std::string_view bytes) {
        RawClient& client = world.client();
        client.send(bytes);
        EXPECT_TRUE(world.closes(client));
        EXPECT_TRUE(client.objects().empty());
    };
    ends("\xc1");  // no msgpack
    ends("\x05");  // an integer for a header
    ends(rpc::encode(rpc::RequestHeader{"join", 2}) + "\x07");
    ends(rpc::encode(rpc::RequestHeader{"members-filtered", 2}) +
         rpc::encode(rpc::MembersFilteredRequest{.name = "["}));
    EXPECT_EQ(world.server().stats().broken_requests, 4u);
}

TEST(RpcRules, TooManyFiltersAreAnErrorThatNamesThem) {
    RpcWorld world;
    rpc::MembersFilteredRequest request;
    for (int i = 0; i < 64; ++i) request.tags[std::to_string(i)] = "\\pL{1000}";
    RawClient& client = world.client();
    client.command("members-filtered", 2, request);
    client.command("member-details", 3, request);
    const auto answers = world.objects(client, 2);
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0], reply(2, "Tags: 64 expressions; allowed: at most 16"));
    EXPECT_EQ(answers[1], reply(3, "Tags: 64 expressions; allowed: at most 16"));
}

TEST(RpcRules, CommandsMayComeInAnyCutAndAllAtOnce) {
    RpcWorld world;
    world.agent.all = {member("a")};
    RawClient& cut = world.client();
    const std::string bytes = rpc::encode(rpc::RequestHeader{"members", 10}) +
                              rpc::encode(rpc::RequestHeader{"members-filtered", 11}) +
                              rpc::encode(rpc::MembersFilteredRequest{.name = "b"}) +
                              rpc::encode(rpc::RequestHeader{"stats", 1ull << 40});
    for (const char byte : bytes) {
        cut.send({&byte, 1});
        world.until([] { return true; });  // one round of the loop for each byte
    }
    const auto answers = world.objects(cut, 6);
    ASSERT_EQ(answers.size(), 6u);
    EXPECT_EQ(answers[0], reply(10));
    EXPECT_EQ(answers[1]["Members"].size(), 1u);
    EXPECT_EQ(answers[2], reply(11));
    EXPECT_EQ(answers[3], (Json{{"Members", Json::array()}}));
    EXPECT_EQ(answers[4], reply(1ull << 40));

    RawClient& pipelined = world.client();
    pipelined.send(bytes + bytes);
    EXPECT_EQ(world.objects(pipelined, 12).size(), 12u);
}

TEST(RpcRules, ASlowCommandHoldsUpTheNextButNotTheRecords) {
    RpcWorld world;
    world.agent.slow = true;
    world.agent.contacted = 2;
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{.type = "member-join"});
    EXPECT_EQ(world.object(client), reply(2));
    client.command("join", 3, rpc::JoinRequest{.existing = {"h1", "h2:1"}, .replay = true});
    client.command("stats", 4);
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));

    world.server().publish(
        serf::MemberEventGroup{.kind = serf::MemberEventKind::join, .members = {member("n9")}});
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_EQ(world.object(client)["Event"], "member-join");
    EXPECT_TRUE(client.objects().empty());

    world.agent.waiting.front()();
    const auto answers = world.objects(client, 4);
    ASSERT_EQ(answers.size(), 4u);
    EXPECT_EQ(answers[0], reply(3));
    EXPECT_EQ(answers[1], (Json{{"Num", 2}}));
    EXPECT_EQ(answers[2], reply(4));
    EXPECT_EQ(world.agent.calls, std::vector<std::string>{"join-replay h1 h2:1"});
}

TEST(RpcRules, AClientMayBeGoneWhenItsAnswerComes) {
    RpcWorld world;
    world.agent.slow = true;
    RawClient& client = world.client();
    client.command("force-leave", 2, rpc::ForceLeaveRequest{.node = "x", .prune = true});
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    world.close_server();
    world.agent.waiting.front()();  // answers into the void
    EXPECT_TRUE(world.closes(client));
    EXPECT_EQ(world.agent.calls, std::vector<std::string>{"prune x"});
}

TEST(RpcRules, AClientThatOnlyStoppedWritingStillGetsItsReplies) {
    RpcWorld world;
    world.agent.slow = true;
    RawClient& client = world.client();
    client.command("force-leave", 2, rpc::ForceLeaveRequest{.node = "x"});
    client.command("stats", 3);
    client.half_close();
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    world.agent.waiting.front()();
    const auto answers = world.objects(client, 3);
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[0], reply(2));
    EXPECT_EQ(answers[1], reply(3));
    EXPECT_TRUE(world.closes(client));
}

TEST(RpcRules, TheAnswerToALeaveIsSentBeforeTheDoorCloses) {
    RpcWorld world;
    world.agent.slow = true;
    RawClient& client = world.client();
    RawClient& watcher = world.client();
    client.command("leave", 2);
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    world.agent.waiting.front()();
    world.close_server();
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_TRUE(world.closes(client));
    EXPECT_TRUE(world.closes(watcher));
}

TEST(RpcRules, TagsAreTheCurrentOnesMinusTheDeletedPlusTheSet) {
    RpcWorld world;
    world.agent.current_tags = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
    RawClient& client = world.client();
    client.command("tags", 2,
                   rpc::TagsRequest{.tags = {{"a", "9"}, {"d", "4"}}, .delete_tags = {"a", "b"}});
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_EQ(world.agent.calls, std::vector<std::string>{"tags a=9 c=3 d=4"});
    world.agent.error = "Encoded length of tags exceeds limit of 512 bytes";
    client.command("tags", 3, rpc::TagsRequest{});
    EXPECT_EQ(world.object(client), reply(3, world.agent.error));
}

TEST(RpcRules, TheBodyOfAJoinIsSentBesideItsErrorToo) {
    RpcWorld world;
    world.agent.error = "1 error occurred:\n\t* nobody\n\n";
    RawClient& client = world.client();
    client.command("join", 2, rpc::JoinRequest{.existing = {"127.0.0.1:1"}});
    EXPECT_EQ(world.object(client), reply(2, world.agent.error));
    EXPECT_EQ(world.object(client), (Json{{"Num", 0}}));
}

}  // namespace
}  // namespace rollcall::agent::tests
