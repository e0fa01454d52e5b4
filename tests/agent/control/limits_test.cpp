// SPDX-License-Identifier: Apache-2.0
//
// What a client can cost the agent at most. Each limit is made small, and met from both sides.
#include <gtest/gtest.h>

#include "agent/control/rpc_world.h"
#include "agent/host/turn_hog.h"

namespace rollcall::agent::tests {
namespace {

using std::chrono::milliseconds;

TEST(RpcLimits, WhoNeverFinishesItsHandshakeIsClosed) {
    RpcWorld world{{.handshake_timeout = milliseconds{1000}}};
    RawClient& trusted = world.client();
    RawClient& silent = world.connect();
    RawClient& slow = world.connect();
    const std::string bytes = rpc::encode(rpc::RequestHeader{"handshake", 1});
    std::size_t sent = 0;
    ASSERT_TRUE(world.until([&] {
        if (sent < bytes.size() - 1) slow.send({&bytes[sent++], 1});  // one byte at a time
        return slow.closed() && silent.closed();
    }));
    EXPECT_EQ(world.server().stats().timed_out, 2u);
    trusted.command("stats", 2);  // idle for as long, and welcome
    EXPECT_EQ(world.object(trusted), reply(2));
}

TEST(RpcLimits, WhoNeverShowsItsTokenIsClosed) {
    RpcWorld world{{.handshake_timeout = milliseconds{1000}}, "sekret"};
    RawClient& client = world.client();
    EXPECT_TRUE(world.closes(client));
}

TEST(RpcLimits, ARequestThatNeverEndsIsClosed) {
    RpcWorld world{{.request_timeout = milliseconds{1000}}};
    RawClient& client = world.client();
    client.command("join", 2);  // and no body
    EXPECT_TRUE(world.closes(client));
    RawClient& half = world.client();
    half.send(rpc::encode(rpc::RequestHeader{"stats", 3}).substr(0, 5));
    EXPECT_TRUE(world.closes(half));
    EXPECT_EQ(world.server().stats().timed_out, 2u);
}

TEST(RpcLimits, ASlowCommandIsNotASlowRequest) {
    RpcWorld world{{.request_timeout = milliseconds{30}}};
    world.agent.slow = true;
    RawClient& client = world.client();
    client.command("leave", 2);
    client.command("stats", 3);
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    RawClient& other = world.client();
    other.command("stream", 2);  // times out, and shows that enough time went by
    ASSERT_TRUE(world.closes(other));
    world.agent.waiting.front()();
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_EQ(world.object(client), reply(3));
}

TEST(RpcLimits, BeforeTheTokenRequestsAreSmallAndAfterwardsLarger) {
    RpcWorld world{{}, "sekret"};
    RawClient& stranger = world.client();
    stranger.command("auth", 2, rpc::AuthRequest{.auth_key = std::string(5000, 'x')});
    EXPECT_TRUE(world.closes(stranger));
    EXPECT_TRUE(stranger.objects().empty());

    RawClient& friendly = world.client();
    friendly.command("auth", 2, rpc::AuthRequest{.auth_key = "sekret"});
    EXPECT_EQ(world.object(friendly), reply(2));
    friendly.command("force-leave", 3, rpc::ForceLeaveRequest{.node = std::string(500'000, 'n')});
    EXPECT_EQ(world.object(friendly), reply(3));
    friendly.command("force-leave", 4, rpc::ForceLeaveRequest{.node = std::string(1'100'000, 'n')});
    EXPECT_TRUE(world.closes(friendly));
    EXPECT_EQ(world.agent.calls.size(), 1u);
}

TEST(RpcLimits, WhatFollowsTheTokenInOneWriteIsReadWithTheLargerLimits) {
    RpcWorld world{{}, "sekret"};
    RawClient& client = world.connect();
    client.handshake();
    client.command("auth", 2, rpc::AuthRequest{.auth_key = "sekret"});
    rpc::JoinRequest many;
    many.existing.assign(1000, "10.0.0.1:7946");
    client.command("join", 3, many);
    EXPECT_EQ(world.objects(client, 4),
              (std::vector<Json>{reply(1), reply(2), reply(3), Json{{"Num", 0}}}));
}

TEST(RpcLimits, BeforeTheTokenAFewBytesReserveLittle) {
    RpcWorld world;
    RawClient& client = world.connect();
    client.send({"\xdc\x04\x01", 3});  // an array of 1025
    EXPECT_TRUE(world.closes(client));
    RawClient& later = world.client();
    later.send({"\xdc\x04\x01", 3});
    later.send(std::string(1025, '\xc0'));  // read as a header, all of its fields nil
    EXPECT_EQ(world.object(later), reply(0, "Unsupported command"));
    EXPECT_EQ(world.server().stats().broken_requests, 1u);
}

TEST(RpcLimits, ADeclaredSizeAloneEndsTheConnection) {
    RpcWorld world;
    const std::string_view bombs[] = {{"\xdd\xff\xff\xff\xff", 5},   // an array of 2^32 - 1
                                      {"\xdf\xff\xff\xff\xff", 5},   // a map of as many
                                      {"\xdb\xff\xff\xff\xff", 5},   // text of 4 GiB
                                      {"\xc6\x7f\xff\xff\xff", 5}};  // bytes of 2 GiB
    for (const std::string_view bomb : bombs) {
        RawClient& client = world.connect();
        client.send(bomb);
        // Text and bytes are refused once as much as the limit has come, or sooner.
        client.send(std::string(8192, 'x'));
        EXPECT_TRUE(world.closes(client));
        EXPECT_TRUE(client.objects().empty());
    }
    RawClient& deep = world.connect();
    deep.send(std::string(64, '\x91'));
    EXPECT_TRUE(world.closes(deep));
}

TEST(RpcLimits, ANewClientTakesThePlaceOfAnIdleOneNotOfABusyOne) {
    RpcWorld world{{.max_connections = 3}};
    world.agent.slow = true;
    RawClient& busy = world.client();
    busy.command("leave", 2);
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    RawClient& watcher = world.client();
    watcher.command("stream", 2, rpc::StreamRequest{});
    ASSERT_EQ(world.object(watcher), reply(2));
    RawClient& idle = world.client();

    RawClient& newcomer = world.client();
    EXPECT_TRUE(world.closes(idle));
    newcomer.command("stream", 2, rpc::StreamRequest{});
    ASSERT_EQ(world.object(newcomer), reply(2));
    EXPECT_EQ(world.server().stats().evicted, 1u);

    RawClient& refused = world.connect();  // now all three have a reason to stay
    EXPECT_TRUE(world.closes(refused));
    EXPECT_EQ(world.server().stats().refused, 1u);
    EXPECT_FALSE(busy.closed());
    EXPECT_FALSE(watcher.closed());
}

TEST(RpcLimits, AmongTheIdleThoseWhoNeverGotInGoFirst) {
    RpcWorld world{{.max_connections = 2}};
    RawClient& trusted = world.client();
    RawClient& stranger = world.connect();
    ASSERT_TRUE(world.until([&] { return world.server().clients() == 2; }));
    RawClient& newcomer = world.client();
    EXPECT_TRUE(world.closes(stranger));
    EXPECT_FALSE(trusted.closed());
    EXPECT_FALSE(newcomer.closed());
}

TEST(RpcLimits, WhoAsksAndNeverReadsWaitsForItselfAndIsClosedInTheEnd) {
    RpcWorld world{{.reply_timeout = milliseconds{150}, .backlog_bytes = 16384}};
    for (int i = 0; i < 200; ++i) {
        world.agent.all.push_back(
            member("n" + std::to_string(i), serf::Status::alive, {{"k", std::string(200, 'v')}}));
    }
    RawClient& client = world.client(4096);
    client.stop_reading();
    for (std::uint64_t seq = 2; seq < 2000; ++seq) client.command("members", seq);
    ASSERT_TRUE(world.until([&] { return world.server().stats().timed_out == 1; }));
    // The kernel took some replies; the other commands were never begun.
    EXPECT_LT(world.server().stats().commands, 1000u);
    client.read_again();
    EXPECT_TRUE(world.closes(client));
}

TEST(RpcLimits, ALongReplyIsWrittenInSlicesAndWhole) {
    RpcWorld world{{.backlog_bytes = 1024, .members_per_slice = 3}};
    for (int i = 0; i < 1000; ++i) world.agent.all.push_back(member("n" + std::to_string(i)));
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{});
    ASSERT_EQ(world.object(client), reply(2));
    client.command("members", 3);
    world.server().publish(
        serf::MemberEventGroup{.kind = serf::MemberEventKind::join, .members = {member("late")}});
    std::size_t members = 0, records = 0;
    for (const Json& object : world.objects(client, 4)) {
        if (object.contains("Event")) ++records;
        if (!object.contains("Members") || object.contains("Event")) continue;
        members = object["Members"].size();
    }
    EXPECT_EQ(members, 1000u);
    EXPECT_EQ(records, 1u);
}

TEST(RpcLimits, WhileOthersWaitClientsAreAcceptedOneATurn) {
    RpcWorld world;
    TurnHog hog{world.turns()};
    for (int i = 0; i < 10; ++i) world.connect();
    EXPECT_TRUE(world.until([&] { return world.server().clients() == 10; }));
    EXPECT_GE(hog.turns(), 9);
}

}  // namespace
}  // namespace rollcall::agent::tests
