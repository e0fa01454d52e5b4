// SPDX-License-Identifier: Apache-2.0
//
// Events, queries and keys over the control protocol: what is asked of the agent, in which order
// replies and records go out, and what is bounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/control/rpc_world.h"

namespace rollcall::agent::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using ErrorCause = serf::MessageError::Cause;

rpc::Payload bytes(std::string_view text) {
    return to_payload(as_bytes(text));
}
Json record(std::string_view type, std::string_view from = "", const Json& payload = nullptr) {
    return {{"Type", type}, {"From", from}, {"Payload", payload}};
}
serf::QueryReceived asked(std::uint64_t handle, std::string name) {
    return {.handle = serf::QueryHandle{handle}, .time = LamportTime{5}, .name = std::move(name)};
}

TEST(RpcQueries, AUserEventIsSentUnchanged) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("event", 2, rpc::EventRequest{"deploy", bytes("v1"), true});
    client.command("event", 3, rpc::EventRequest{"", {}, false});
    EXPECT_EQ(world.objects(client, 2), (std::vector<Json>{reply(2), reply(3)}));
    EXPECT_THAT(world.agent.calls, ElementsAre("event deploy cc v1", "event  "));
}

TEST(RpcQueries, TheReplyComesBeforeTheRecordsAndDoneIsTheLast) {
    RpcWorld world;
    world.agent.answers = {{"ack", "a", {}}, {"response", "a", bytes("up")}, {"done", "", {}}};
    RawClient& client = world.client();
    client.command("query", 9,
                   rpc::QueryRequest{.filter_nodes = {"a", "b"},
                                     .filter_tags = {{"role", "db"}},
                                     .request_ack = true,
                                     .relay_factor = 2,
                                     .timeout = 1'000'000,
                                     .name = "uptime",
                                     .payload = bytes("-s")});
    EXPECT_EQ(
        world.objects(client, 7),
        (std::vector<Json>{reply(9), reply(9), record("ack", "a"), reply(9),
                           record("response", "a", {{"$bin", "7570"}}), reply(9), record("done")}));
    EXPECT_THAT(world.agent.calls,
                ElementsAre("query uptime node=a node=b role=db ack relays=2 ns=1000000 -s"));
    client.command("stats", 10);
    EXPECT_EQ(world.object(client), reply(10));
}

TEST(RpcQueries, AClientThatGoesForgetsItsQueries) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("query", 2, rpc::QueryRequest{.name = "q"});
    ASSERT_EQ(world.object(client), reply(2));
    ASSERT_THAT(world.agent.running, SizeIs(1));
    const auto heard = world.agent.running.begin()->second;
    client.close();
    ASSERT_TRUE(world.until([&] { return world.agent.running.empty(); }));
    heard({.type = "ack", .from = "late"});  // no client is there, and nothing happens
}

TEST(RpcQueries, SoManyAtOnceAndTheNextWhenOneIsDone) {
    RpcWorld world{{.queries_per_client = 2}};
    RawClient& client = world.client();
    for (const std::uint64_t seq : {2u, 3u, 4u}) {
        client.command("query", seq, rpc::QueryRequest{.name = "q"});
    }
    EXPECT_EQ(world.objects(client, 3),
              (std::vector<Json>{reply(2), reply(3),
                                 reply(4, "Too many queries: at most 2 at once per connection")}));
    world.agent.running.at(RequestId{1})({.type = "done"});
    EXPECT_EQ(world.objects(client, 2), (std::vector<Json>{reply(2), record("done")}));
    client.command("query", 5, rpc::QueryRequest{.name = "q"});
    EXPECT_EQ(world.object(client), reply(5));
}

TEST(RpcQueries, DoneIsSentEvenToAClientThatReadsTooSlowlyForTheRest) {
    RpcWorld world{{.backlog_bytes = 4096, .query_records = 4}};
    RawClient& sleeper = world.client(4096);
    sleeper.command("query", 2, rpc::QueryRequest{.name = "q"});
    ASSERT_EQ(world.object(sleeper), reply(2));
    sleeper.stop_reading();
    const auto heard = world.agent.running.begin()->second;
    const rpc::AnswerRecord big{"response", "a", rpc::Payload{std::in_place, 1000, std::byte{1}}};
    ASSERT_TRUE(world.until([&] {
        for (int i = 0; i < 256; ++i) heard(big);
        return world.server().stats().records_dropped >= 10;
    }));
    heard({.type = "done"});
    sleeper.read_again();
    EXPECT_TRUE(world.until(
        [&] { return !sleeper.objects().empty() && sleeper.objects().back() == record("done"); }));
}

TEST(RpcQueries, InternalNamesAreRefusedButForThePingWithoutPayload) {
    RpcWorld world;
    RawClient& client = world.client();
    const std::string refused = "Queries cannot contain the '_serf_' prefix";
    client.command("query", 2, rpc::QueryRequest{.name = "_serf_list-keys"});
    client.command("query", 3, rpc::QueryRequest{.name = "_serf_ping", .payload = bytes("x")});
    client.command("query", 4, rpc::QueryRequest{.name = "_serf_ping"});
    EXPECT_EQ(world.objects(client, 3),
              (std::vector<Json>{reply(2, refused), reply(3, refused), reply(4)}));
    EXPECT_THAT(world.agent.calls, ElementsAre("query _serf_ping"));
}

TEST(RpcQueries, AQueryIsAnsweredByTheNumberInItsRecord) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{.type = "query:ask,user"});
    ASSERT_EQ(world.object(client), reply(2));
    world.server().publish(asked(70, "other"));
    world.server().publish(asked(71, "ask"));
    world.server().publish(asked(72, "ask"));
    const auto records = world.objects(client, 4);
    ASSERT_THAT(records, SizeIs(4));
    EXPECT_EQ(
        records[1],
        (Json{{"Event", "query"}, {"ID", 1}, {"LTime", 5}, {"Name", "ask"}, {"Payload", nullptr}}));
    EXPECT_EQ(records[3]["ID"], 2);
    client.command("respond", 3, rpc::RespondRequest{2, bytes("yes")});
    EXPECT_EQ(world.object(client), reply(3));
    EXPECT_THAT(world.agent.calls, ElementsAre("respond 72 yes"));

    world.agent.response_error = serf::MessageError{.cause = ErrorCause::response_already_sent};
    client.command("respond", 4, rpc::RespondRequest{2, {}});
    EXPECT_EQ(world.object(client),
              reply(4, "failed to respond to key query: response already sent"));
    // Once its time is up it is forgotten, as a number that never was.
    world.agent.response_error = serf::MessageError{.cause = ErrorCause::response_too_late};
    client.command("respond", 5, rpc::RespondRequest{2, {}});
    EXPECT_EQ(world.object(client), reply(5, "No pending queries matching ID"));
    world.agent.calls.clear();
    client.command("respond", 6, rpc::RespondRequest{2, {}});
    EXPECT_EQ(world.object(client), reply(6, "No pending queries matching ID"));
    EXPECT_THAT(world.agent.calls, IsEmpty());
    // Numbers are this connection's own.
    RawClient& other = world.client();
    other.command("respond", 7, rpc::RespondRequest{1, {}});
    EXPECT_EQ(world.object(other), reply(7, "No pending queries matching ID"));
}

TEST(RpcQueries, TheOldestQueriesCannotBeAnsweredWhenTooManyWait) {
    RpcWorld world{{.pending_queries = 2}};
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{.type = "query"});
    ASSERT_EQ(world.object(client), reply(2));
    for (const std::uint64_t handle : {1u, 2u, 3u}) world.server().publish(asked(handle, "ask"));
    ASSERT_THAT(world.objects(client, 6), SizeIs(6));
    client.command("respond", 3, rpc::RespondRequest{1, {}});
    client.command("respond", 4, rpc::RespondRequest{3, {}});
    EXPECT_EQ(world.objects(client, 2),
              (std::vector<Json>{reply(3, "No pending queries matching ID"), reply(4)}));
}

TEST(RpcQueries, UserEventsGoToStreamsThatNameThem) {
    RpcWorld world;
    RawClient& client = world.client();
    client.command("stream", 2, rpc::StreamRequest{.type = "user:deploy"});
    ASSERT_EQ(world.object(client), reply(2));
    world.server().publish(serf::UserEventReceived{.time = LamportTime{7}, .name = "other"});
    world.server().publish(
        serf::UserEventReceived{.time = LamportTime{8}, .name = "deploy", .coalesce = true});
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_EQ(world.object(client), (Json{{"Event", "user"},
                                          {"LTime", 8},
                                          {"Name", "deploy"},
                                          {"Payload", nullptr},
                                          {"Coalesce", true}}));
}

// --- keys ----------------------------------------------------------------------------------------

TEST(RpcKeys, TheBodyComesBesideTheErrorToo) {
    RpcWorld world;
    world.agent.keys_said = {.nodes = 3,
                             .answers = {{.node = "a", .ok = true, .keys = {"K1", "K2"}},
                                         {.node = "b", .message = "no keyring"}}};
    world.agent.error = "1/3 nodes reported failure";
    RawClient& client = world.client();
    client.command("list-keys", 2);
    EXPECT_EQ(world.object(client), reply(2, "1/3 nodes reported failure"));
    EXPECT_EQ(world.object(client), (Json{{"Messages", {{"b", "no keyring"}}},
                                          {"Keys", {{"K1", 1}, {"K2", 1}}},
                                          {"NumNodes", 3},
                                          {"NumErr", 1},
                                          {"NumResp", 2}}));
    client.command("use-key", 3, rpc::KeyRequest{"K2"});
    EXPECT_EQ(world.object(client), reply(3, "1/3 nodes reported failure"));
    EXPECT_EQ(world.object(client)["Keys"], nullptr);
    EXPECT_THAT(world.agent.calls, ElementsAre("_serf_list-keys ", "_serf_use-key K2"));
}

TEST(RpcKeys, OursAlsoListsTheHoldersOfEachKey) {
    RpcWorld world;
    world.agent.keys_said = {
        .nodes = 2, .answers = {{.node = "a", .ok = true, .keys = {"K1", "K2"}, .primary = "K1"}}};
    RawClient& client = world.client();
    client.command("key-table", 2);
    EXPECT_EQ(world.object(client), reply(2));
    EXPECT_EQ(world.object(client), (Json{{"NumNodes", 2},
                                          {"Nodes",
                                           {{{"Node", "a"},
                                             {"Result", true},
                                             {"Message", ""},
                                             {"Keys", {"K1", "K2"}},
                                             {"Primary", "K1"}}}}}));
}

TEST(RpcKeys, WhileMembersAreAskedLaterCommandsWait) {
    RpcWorld world;
    world.agent.slow = true;
    RawClient& client = world.client();
    client.command("list-keys", 2);
    client.command("stats", 3);
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    EXPECT_TRUE(client.objects().empty());
    world.agent.waiting.front()();
    const auto replies = world.objects(client, 4);
    ASSERT_THAT(replies, SizeIs(4));
    EXPECT_EQ(replies[0], reply(2));
    EXPECT_EQ(replies[2], reply(3));
}

}  // namespace
}  // namespace rollcall::agent::tests
