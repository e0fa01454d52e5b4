// SPDX-License-Identifier: Apache-2.0
//
// Streams and monitors: what they deliver, to whom, and what they never do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/control/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

serf::MemberEventGroup event(serf::MemberEventKind kind, std::string name) {
    return {.kind = kind, .members = {member(std::move(name))}};
}

TEST(RpcStreams, EachMatchingStreamGetsAnEventOnce) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{.type = "member-failed,member-failed"});
    client.command("stream", 3, rpc::StreamRequest{.type = ""});
    client.command("stream", 4, rpc::StreamRequest{.type = "member-join,user:x"});
    ASSERT_EQ(world.objects(client, 3), (std::vector<Json>{reply(2), reply(3), reply(4)}));
    world.server().publish(event(serf::MemberEventKind::failed, "n1"));
    const auto records = world.objects(client, 4);
    ASSERT_EQ(records.size(), 4u);
    EXPECT_EQ(records[0], reply(2));
    EXPECT_EQ(records[2], reply(3));
    EXPECT_EQ(records[1], records[3]);
    EXPECT_EQ(records[1]["Event"], "member-failed");
    EXPECT_EQ(records[1]["Members"][0]["Name"], "n1");
    client.command("stats", 5);  // and nothing more
    EXPECT_EQ(world.object(client), reply(5));
}

TEST(RpcStreams, BadFiltersAndTakenNumbersAreRefusedAndTheConnectionStays) {
    RpcWorld world{{.streams_per_client = 2}};
    RawClient& client = world.client();
    for (const char* filter : {"bogus", "member-join, user", "member-join,", ","}) {
        client.command("stream", 2, rpc::StreamRequest{.type = filter});
        EXPECT_EQ(world.object(client), reply(2, "Invalid event filter")) << filter;
    }
    client.command("stream", 2, rpc::StreamRequest{.type = "*"});
    EXPECT_EQ(world.object(client), reply(2));
    client.command("stream", 2, rpc::StreamRequest{.type = "user"});
    EXPECT_EQ(world.object(client), reply(2, "Stream with given sequence exists"));
    client.command("stream", 3, rpc::StreamRequest{.type = "user"});
    EXPECT_EQ(world.object(client), reply(3));
    client.command("stream", 4, rpc::StreamRequest{.type = "user"});
    EXPECT_EQ(world.object(client), reply(4, "Too many streams: at most 2 per connection"));
}

TEST(RpcStreams, AStoppedStreamIsSilentAndItsNumberFree) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{.type = "*"});
    client.command("stop", 3, rpc::StopRequest{.stop = 2});
    client.command("stop", 4, rpc::StopRequest{.stop = 99});
    ASSERT_EQ(world.objects(client, 3), (std::vector<Json>{reply(2), reply(3), reply(4)}));
    world.server().publish(event(serf::MemberEventKind::leave, "n1"));
    client.command("stream", 2, rpc::StreamRequest{.type = "*"});
    EXPECT_EQ(world.object(client), reply(2));
    world.server().publish(event(serf::MemberEventKind::reap, "n1"));
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_EQ(world.object(client)["Event"], "member-reap");
}

TEST(RpcStreams, AMonitorReplaysRecentLinesOfItsLevelThenFollows) {
    RpcWorld world;
    world.log().write(Level::debug, "test", "x", "too fine");
    world.log().write(Level::err, "test", "x", "before");
    RawClient& client = world.client();
    client.command("monitor", 5, rpc::MonitorRequest{.log_level = "Warn"});
    const auto first = world.objects(client, 3);
    ASSERT_EQ(first.size(), 3u);
    EXPECT_EQ(first[0], reply(5));
    EXPECT_EQ(first[1], reply(5));
    EXPECT_THAT(
        first[2]["Log"].get<std::string>(),
        testing::MatchesRegex(
            "[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \\[ERR\\] test: before"));
    client.command("monitor", 6, rpc::MonitorRequest{.log_level = "err"});
    EXPECT_EQ(world.object(client), reply(6, "Monitor already exists"));
    world.log().write(Level::info, "test", "x", "too fine as well");
    world.log().write(Level::warn, "test", "x", "after");
    EXPECT_EQ(world.object(client), reply(5));
    EXPECT_THAT(world.object(client)["Log"].get<std::string>(), testing::EndsWith("test: after"));

    client.command("stop", 7, rpc::StopRequest{.stop = 5});
    EXPECT_EQ(world.object(client), reply(7));
    client.command("monitor", 8, rpc::MonitorRequest{.log_level = "err"});
    EXPECT_EQ(world.object(client), reply(8));
    EXPECT_EQ(world.object(client), reply(8));
    EXPECT_THAT(world.object(client)["Log"].get<std::string>(), testing::EndsWith("test: before"));
}

TEST(RpcStreams, AnUnknownLevelIsNamedInUpperCase) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("monitor", 5, rpc::MonitorRequest{.log_level = "bogus"});
    EXPECT_EQ(world.object(client), reply(5, "Unknown log level: BOGUS"));
}

TEST(RpcStreams, AClientThatDoesNotReadLosesRecordsAndFindsTheirNumberInTheLog) {
    RpcWorld world{{.backlog_bytes = 4096, .stream_records = 8}};
    RawClient& sleeper = world.client();
    RawClient& reader = world.client();
    sleeper.command("stream", 2, rpc::StreamRequest{.type = "*"});
    ASSERT_EQ(world.object(sleeper), reply(2));
    reader.command("stream", 2, rpc::StreamRequest{.type = "*"});
    ASSERT_EQ(world.object(reader), reply(2));
    sleeper.stop_reading();

    serf::MemberEventGroup big = event(serf::MemberEventKind::update, "n1");
    // Large, so that a few fill the kernel's buffers: on a busy host every one costs a time slice.
    big.members[0].tags = {{"k", std::string(64'000, 'v')}};
    std::size_t told = 0;
    // The other client has all of them, each before the next is told.
    ASSERT_TRUE(world.until([&] {
        if (reader.objects().size() < 2 * told) return false;
        if (world.server().stats().records_dropped >= 20) return true;
        world.server().publish(big);
        ++told;
        return false;
    }));

    sleeper.read_again();
    ASSERT_TRUE(world.until([&] {
        return sleeper.objects().size() / 2 + world.server().stats().records_dropped == told;
    }));
    EXPECT_FALSE(sleeper.closed());
    const auto& lines = world.log().recent();
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const LogLine& line) {
        return line.level == Level::warn && line.text.find("too slowly") != std::string::npos;
    }));
    // It is whole again: the next event arrives.
    world.server().publish(event(serf::MemberEventKind::reap, "last"));
    ASSERT_TRUE(world.until([&] {
        return !sleeper.objects().empty() && sleeper.objects().back().contains("Event") &&
               sleeper.objects().back()["Event"] == "member-reap";
    }));
}

}  // namespace
}  // namespace rollcall::agent::tests
