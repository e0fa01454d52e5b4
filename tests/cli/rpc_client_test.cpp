// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "cli/fake_agent.h"
#include "cli/recordings.h"

namespace rollcall::cli {
namespace {

using namespace std::chrono_literals;
using testing::FakeAgent;
using testing::header;
using testing::kClientSends;
using testing::Step;
using Kind = RpcError::Kind;

template <class Message>
Step body(const Message& message) {
    return {.bytes = rpc::encode(message)};
}
// A handshake, then more.
std::vector<Step> after_handshake(std::vector<Step> more) {
    more.insert(more.begin(), {kClientSends, kClientSends, header(1)});
    return more;
}
RpcClient::Limits quick() {
    return {.connect = 5s, .write = 5s, .reply = 100ms, .slow_reply = 100ms};
}

std::optional<RpcError> open(RpcClient& client, const FakeAgent& fake) {
    if (auto error = client.connect("127.0.0.1", fake.port())) return error;
    return client.open("");
}

TEST(RpcClient, UnderstandsAnswersInAnySegmentation) {
    for (const std::size_t segment : {1u, 2u, 3u, 7u, 64u}) {
        FakeAgent fake{{.steps = testing::recording("members-detailed").steps, .segment = segment}};
        RpcClient client;
        ASSERT_FALSE(open(client, fake));
        const auto answer =
            client.ask<rpc::MembersResponse>("members-filtered", rpc::MembersFilteredRequest{});
        ASSERT_TRUE(answer) << answer.error().text;
        ASSERT_EQ(answer->members.size(), 3u);
        EXPECT_EQ(answer->members[0].addr.to_string(), "127.0.0.1");
        EXPECT_EQ(answer->members[0].tags.at("role"), "web");
    }
}

TEST(RpcClient, TheTokenIsShownRightAfterTheHandshake) {
    FakeAgent fake{{.steps = after_handshake({kClientSends, kClientSends, header(2)})}};
    RpcClient client;
    ASSERT_FALSE(client.connect("localhost", fake.port()));
    ASSERT_FALSE(client.open("sekret"));
    const auto received = fake.received();
    ASSERT_EQ(received.size(), 4u);
    EXPECT_EQ(received[2], "{\"Command\": \"auth\"}{\"Seq\": 2}");
    EXPECT_EQ(received[3], "{\"AuthKey\": \"sekret\"}");
}

TEST(RpcClient, ReportsWhyThereIsNoConnection) {
    std::uint16_t closed_port = 0;
    {
        FakeAgent gone{{}};
        closed_port = gone.port();
    }
    RpcClient client;
    const auto refused = client.connect("127.0.0.1", closed_port);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->kind, Kind::connect);
    EXPECT_EQ(refused->text, "connection refused");

    RpcClient nowhere;
    const auto unknown = nowhere.connect("no-such-host.invalid", 1);
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown->kind, Kind::resolve);
}

TEST(RpcClient, AnErrorOfTheAgentIsHandedOnWordForWord) {
    FakeAgent fake{{.steps = after_handshake({kClientSends, header(2, "Unsupported command")})}};
    RpcClient client;
    ASSERT_FALSE(open(client, fake));
    const auto error = client.call("dance");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind, Kind::refused);
    EXPECT_EQ(error->text, "Unsupported command");
}

TEST(RpcClient, DistinguishesAClosedConnectionFromASilentAgent) {
    {
        FakeAgent fake{{.steps = after_handshake({kClientSends})}};
        RpcClient client;
        ASSERT_FALSE(open(client, fake));
        EXPECT_EQ(client.ask<rpc::Stats>("stats").error().kind, Kind::closed);
    }
    {
        FakeAgent fake{{.steps = after_handshake({kClientSends}), .resets = true}};
        RpcClient client;
        ASSERT_FALSE(open(client, fake));
        const auto error = client.ask<rpc::Stats>("stats").error();
        EXPECT_EQ(error.kind, Kind::closed);
        EXPECT_NE(error.text.find("reset"), std::string::npos) << error.text;
    }
    {
        FakeAgent fake{{.steps = after_handshake({}), .stays = true}};
        RpcClient client{quick()};
        ASSERT_FALSE(open(client, fake));
        EXPECT_EQ(client.ask<rpc::Stats>("stats").error().kind, Kind::timeout);
    }
    {  // Half an answer is no answer.
        FakeAgent fake{{.steps = after_handshake({kClientSends, header(2)}), .stays = true}};
        RpcClient client{quick()};
        ASSERT_FALSE(open(client, fake));
        EXPECT_EQ(client.ask<rpc::Stats>("stats").error().kind, Kind::timeout);
    }
}

TEST(RpcClient, WhateverIsNotTheProtocolEndsTheConversation) {
    const std::vector<std::pair<const char*, std::vector<Step>>> bad{
        {"a web server", {{.bytes = "HTTP/1.1 400 Bad Request\r\n\r\n"}}},
        {"not msgpack", {{.bytes = "\xc1"}}},
        {"a number for a header", {{.bytes = "\x07"}}},
        {"a header with a number for its error",
         {{.bytes = "\x81\xa5"
                    "Error\x01"}}},
        {"an answer to nothing", {header(99)}},
        {"a body of the wrong kind", {header(2), {.bytes = "\x93\x01\x02\x03"}}},
        {"a member list that is a text", {header(2), {.bytes = "\x81\xa7Members\xa1x"}}},
        {"an array of four billion", {header(2), {.bytes = "\xdd\xff\xff\xff\xff"}}},
        {"depth without end", {header(2), {.bytes = std::string(1000, '\x91')}}},
    };
    for (const auto& [what, steps] : bad) {
        std::vector<Step> script = steps;
        script.insert(script.begin(), kClientSends);
        FakeAgent fake{{.steps = after_handshake(script), .stays = true}};
        RpcClient client;
        ASSERT_FALSE(open(client, fake));
        const auto answer = client.ask<rpc::MembersResponse>("members");
        ASSERT_FALSE(answer) << what;
        EXPECT_EQ(answer.error().kind, Kind::garbage) << what << ": " << answer.error().text;
        // And stays ended.
        const auto again = client.call("stats");
        ASSERT_TRUE(again) << what;
        EXPECT_EQ(again->kind, Kind::garbage) << what;
    }
}

TEST(RpcClient, RecordsMayComeBeforeBetweenAndAfterAnswers) {
    const rpc::MemberEventRecord joined{.event = "member-join", .members = {{.name = "n"}}};
    FakeAgent fake{{.steps = after_handshake({
                        kClientSends,
                        kClientSends,
                        header(2),
                        header(2),
                        body(joined),  // with the answer
                        kClientSends,
                        kClientSends,
                        header(2),
                        body(joined),
                        header(3),  // before it
                        header(3),
                        body(rpc::LogRecord{.log = "line"}),  // after it
                        kClientSends,
                        header(2),
                        body(joined),
                        header(4),  // inside another
                        body(rpc::Stats{{"agent", {{"name", "a"}}}}),
                    }),
                    .stays = true,
                    .segment = 5}};
    RpcClient client;
    ASSERT_FALSE(open(client, fake));
    const auto events = client.stream("member-join");
    ASSERT_TRUE(events);
    EXPECT_EQ(*events, 2u);
    const auto log = client.monitor("debug");
    ASSERT_TRUE(log) << log.error().text;
    EXPECT_EQ(*log, 3u);
    const auto stats = client.ask<rpc::Stats>("stats");
    ASSERT_TRUE(stats) << stats.error().text;
    EXPECT_EQ(stats->at("agent").at("name"), "a");

    std::string order;
    for (int i = 0; i < 4; ++i) {
        const auto record = client.next_record(5s);
        ASSERT_TRUE(record) << record.error().text;
        ASSERT_TRUE(record->has_value());
        order += std::holds_alternative<rpc::LogRecord>(**record) ? "L" : "E";
    }
    EXPECT_EQ(order, "EELE");
    const auto none = client.next_record(20ms);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->has_value());
}

TEST(RpcClient, TheRealMonitorsConversationIsUnderstood) {
    const auto& recorded = testing::recording("monitor-err");
    FakeAgent fake{{.steps = recorded.steps}};
    RpcClient client;
    ASSERT_FALSE(open(client, fake));
    ASSERT_TRUE(client.stream("*"));
    ASSERT_TRUE(client.monitor("ERR"));
    std::string lines;
    while (true) {
        const auto record = client.next_record(300ms);
        if (!record || !*record) break;
        if (const auto* log = std::get_if<rpc::LogRecord>(&**record)) lines += log->log + '\n';
    }
    EXPECT_EQ(lines, recorded.out);
}

TEST(RpcClient, OnlySoManyRecordsAreKeptForLater) {
    std::vector<Step> steps{kClientSends, kClientSends, header(2), kClientSends};
    for (int i = 0; i < 10; ++i) {
        steps.push_back(header(2));
        steps.push_back(body(rpc::UserEventRecord{.ltime = static_cast<std::uint64_t>(i)}));
    }
    steps.push_back(header(3));
    FakeAgent fake{{.steps = after_handshake(steps), .stays = true}};
    auto limits = RpcClient::Limits{};
    limits.kept_records = 4;
    RpcClient client{limits};
    ASSERT_FALSE(open(client, fake));
    ASSERT_TRUE(client.stream("user"));
    ASSERT_FALSE(client.call("leave"));  // any command
    EXPECT_EQ(client.dropped_records(), 6u);
    const auto oldest = client.next_record(5s);
    ASSERT_TRUE(oldest && oldest->has_value());
    EXPECT_EQ(std::get<rpc::StreamRecord>(**oldest).ltime, 6u);
}

TEST(RpcClient, RecordsThatCameBeforeTheEndAreNotLost) {
    FakeAgent fake{{.steps = after_handshake({kClientSends, kClientSends, header(2), header(2),
                                              body(rpc::LogRecord{.log = "last words"})})}};
    RpcClient client;
    ASSERT_FALSE(open(client, fake));
    ASSERT_TRUE(client.monitor("info"));
    const auto record = client.next_record(5s);
    ASSERT_TRUE(record && record->has_value());
    const auto end = client.next_record(5s);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, Kind::closed);
}

TEST(RpcClient, AnInterruptEndsTheWaitAndNotTheProcess) {
    FakeAgent fake{{.steps = after_handshake({kClientSends, kClientSends, header(2), kClientSends,
                                              kClientSends, header(3)}),
                    .stays = true}};
    RpcClient client;
    ASSERT_FALSE(open(client, fake));
    client.catch_interrupt();
    const auto events = client.stream("*");
    ASSERT_TRUE(events);
    std::raise(SIGINT);
    const auto record = client.next_record();
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().kind, Kind::interrupted);
    EXPECT_FALSE(client.stop(*events));  // the connection is as good as before
}

}  // namespace
}  // namespace rollcall::cli
