// SPDX-License-Identifier: Apache-2.0
//
// What changes the agent or the cluster over HTTP: who may, and what is asked of the agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "agent/http/http_world.h"

namespace rollcall::agent::http::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kKey = "ZWTL+bgjHyQPhJRKcFe3ccirc2SFHmc/Nw67l8NQfdk=";
constexpr const char* kFingerprint = "b0ef9d1f";

class HttpWriting : public testing::Test {
protected:
    HttpWriting() { world.agent.all = {member("b", serf::Status::failed)}; }
    World world{{.token = "sekret"}};
};

const std::vector<std::string> kWritingPaths{"/v1/join", "/v1/leave", "/v1/members/b/force-leave",
                                             "/v1/tags", "/v1/event", "/v1/query",
                                             "/v1/keys"};

// --- who may
// --------------------------------------------------------------------------------------

TEST_F(HttpWriting, WithoutTheTokenNothingIsChanged) {
    for (const std::string& path : kWritingPaths) {
        EXPECT_EQ(world.post(path, "{}", "").status, 401) << path;
        const Received wrong = world.post(path, "{}", "Authorization: Bearer other\r\n");
        EXPECT_EQ(wrong.status, 401) << path;
        EXPECT_THAT(wrong.headers.at("www-authenticate"), HasSubstr("Bearer"));
        world.post("/v1/event", R"({"name": "reset"})");  // a right token ends the delay
        world.agent.calls.clear();
    }
    EXPECT_EQ(world.refused(Refused::token), 2 * kWritingPaths.size());
}

TEST_F(HttpWriting, AGuessIsAnsweredLateAndOthersAreNot) {
    const auto begin = std::chrono::steady_clock::now();
    Client& guess = world.connect();
    guess.send(
        "POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n"
        "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(world.get("/heartbeat").status, 200);
    ASSERT_TRUE(world.until([&] { return guess.closed(); }));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
    EXPECT_THAT(world.agent.calls, IsEmpty());
}

TEST(HttpWritingOff, WithoutAConfiguredTokenNoneIsRight) {
    World world;
    for (const std::string& path : kWritingPaths) {
        EXPECT_EQ(world.post(path, "{}", "Authorization: Bearer \r\n").status, 403) << path;
        EXPECT_EQ(world.post(path, "{}", "").status, 403) << path;
    }
    EXPECT_THAT(world.agent.calls, IsEmpty());
}

// --- commands
// -------------------------------------------------------------------------------------

TEST_F(HttpWriting, CommandsReachTheAgent) {
    world.agent.contacted = 1;
    EXPECT_EQ(world.post("/v1/join", R"({"peers": ["10.0.0.9:7946"], "replay": true})").json(),
              Json({{"contacted", 1}}));
    EXPECT_EQ(world.post("/v1/members/b/force-leave", "").json(), Json::object());
    EXPECT_EQ(world.post("/v1/members/b/force-leave", R"({"prune": true})").status, 200);
    world.agent.current_tags = {{"role", "web"}, {"old", "1"}, {"both", "1"}};
    EXPECT_EQ(
        world.post("/v1/tags", R"({"set": {"dc": "2", "both": "2"}, "delete": ["old", "both"]})")
            .json(),
        Json({{"tags", {{"role", "web"}, {"dc", "2"}, {"both", "2"}}}}));
    EXPECT_EQ(
        world.post("/v1/event", R"({"name": "deploy", "payload": "v2", "coalesce": true})").status,
        200);
    EXPECT_EQ(world.post("/v1/event", R"({"name": "raw", "payload_base64": "AAE="})").status, 200);
    EXPECT_EQ(world.post("/v1/leave", "").json(), Json::object());
    EXPECT_THAT(world.agent.calls,
                ElementsAre("join-replay 10.0.0.9:7946", "force-leave b", "prune b",
                            "tags both=2 dc=2 role=web", "event deploy cc v2",
                            std::string{"event raw \0\1", 12}, "leave"));
}

TEST_F(HttpWriting, AnErrorOfTheAgentIsAnError) {
    world.agent.error = "not now";
    EXPECT_EQ(world.post("/v1/join", R"({"peers": ["a"]})").status, 409);
    EXPECT_EQ(world.post("/v1/leave", "").error(), "not now");
    EXPECT_EQ(world.post("/v1/tags", R"({"set": {"a": "b"}})").status, 409);
    EXPECT_EQ(world.post("/v1/event", R"({"name": "a"})").status, 400);
    EXPECT_EQ(world.post("/v1/query", R"({"name": "a"})").status, 400);
    EXPECT_EQ(world.post("/v1/members/nobody/force-leave", "").status, 404);
}

TEST_F(HttpWriting, ABadBodyChangesNothingAndNamesTheMistake) {
    const std::vector<std::tuple<std::string, std::string, std::vector<std::string>>> mistakes{
        {"/v1/event", "", {"name is required"}},
        {"/v1/event", "[]", {"not a JSON object"}},
        {"/v1/event", "{", {"not a JSON object"}},
        {"/v1/event", "{\"name\": \"\xff\"}", {"not a JSON object"}},
        {"/v1/event", R"({"name": 7})", {"name", "'7'", "a text"}},
        {"/v1/event", R"({"name": "a", "nam": "b"})", {"'nam'", "coalesce, name, payload"}},
        {"/v1/event", R"({"name": "a", "coalesce": 1})", {"coalesce", "true or false"}},
        {"/v1/event", R"({"name": "a", "payload": "x", "payload_base64": "eA=="})", {"exclude"}},
        {"/v1/event", R"({"name": "a", "payload_base64": "e"})", {"payload_base64", "base64"}},
        {"/v1/join", "{}", {"peers", "1 to 1024"}},
        {"/v1/join", R"({"peers": "a"})", {"peers", "a list of texts"}},
        {"/v1/join", R"({"peers": ["a b"]})", {"peers", "'a b'", "HOST:PORT"}},
        {"/v1/tags", R"({"set": {"a": 1}})", {"set", "an object of texts"}},
        {"/v1/tags", R"({"set": {"": "x"}})", {"set", "empty"}},
        {"/v1/query", R"({"name": "_serf_x"})", {"_serf_"}},
        {"/v1/query", R"({"name": "a", "timeout_ms": -1})", {"timeout_ms", "'-1'", "0 to 3600000"}},
        {"/v1/query", R"({"name": "a", "relay_factor": 256})", {"relay_factor", "0 to 255"}},
        {"/v1/keys", R"({"operation": "steal"})", {"'steal'", "list, install, use or remove"}},
        {"/v1/keys", R"({"operation": "use"})", {"key", "base64 of 16, 24 or 32 bytes"}},
        {"/v1/keys", R"({"operation": "list", "key": "x"})", {"key", "none"}},
        {"/v1/leave?now=1", "", {"'now'", "none"}},
        {"/v1/leave", R"({"now": true})", {"'now'", "none"}},
    };
    for (const auto& [path, body, parts] : mistakes) {
        const Received answer = world.post(path, body);
        EXPECT_EQ(answer.status, 400) << path << " " << body;
        for (const std::string& part : parts) {
            EXPECT_THAT(answer.error(), HasSubstr(part)) << path << " " << body;
        }
    }
    EXPECT_THAT(world.agent.calls, IsEmpty());
}

TEST_F(HttpWriting, ABodyThatIsSentAsAFormIsRefused) {
    const Received answer = world.exchange(
        "POST /v1/event HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sekret\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\n"
        R"({"name": "abc"})");
    EXPECT_EQ(answer.status, 415);
    EXPECT_THAT(world.agent.calls, IsEmpty());
}

TEST_F(HttpWriting, ADeepBodyIsRefusedLikeAnyOther) {
    const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
    EXPECT_EQ(world.post("/v1/event", deep).status, 400);
    EXPECT_EQ(world.post("/v1/event", R"({"name": )" + deep + "}").status, 400);
}

// --- queries and keys
// -----------------------------------------------------------------------------

TEST_F(HttpWriting, TheAnswersToAQueryAreStreamedAsTheyCome) {
    Client& client = world.connect();
    const std::string body =
        R"({"name": "uptime", "payload": "x", "timeout_ms": 1500, "ack": true, "relay_factor": 2,)"
        R"( "nodes": ["b"], "tags": {"role": "w.*"}})";
    client.send(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sekret\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    ASSERT_TRUE(world.until([&] { return world.agent.running.size() == 1; }));
    EXPECT_THAT(world.agent.calls,
                ElementsAre("query uptime node=b role=w.* ack relays=2 ns=1500000000 x"));
    const auto on_answer = world.agent.running.begin()->second;
    on_answer({.type = "ack", .from = "b"});
    ASSERT_TRUE(world.until([&] {
        return client.received().find(R"({"type":"ack","from":"b"})") != std::string::npos;
    }));
    on_answer(
        {.type = "response", .from = "b", .payload = std::vector<std::byte>{std::byte{0xff}}});
    on_answer({.type = "response",
               .from = "c",
               .payload = std::vector<std::byte>{std::byte{'u'}, std::byte{'p'}}});
    on_answer({.type = "done"});
    ASSERT_TRUE(world.until([&] { return client.closed(); }));
    const Received answer = Received::parse(client.received());
    EXPECT_EQ(answer.headers.at("content-type"), "application/x-ndjson");
    EXPECT_EQ(answer.body,
              "{\"type\":\"ack\",\"from\":\"b\"}\n"
              "{\"type\":\"response\",\"from\":\"b\",\"payload_base64\":\"/w==\"}\n"
              "{\"type\":\"response\",\"from\":\"c\",\"payload\":\"up\"}\n"
              "{\"type\":\"done\"}\n");
}

TEST_F(HttpWriting, AQueryWhoseClientIsGoneIsForgotten) {
    Client& client = world.connect();
    client.send(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sekret\r\n"
        "Content-Length: 13\r\n\r\n{\"name\": \"a\"}");
    ASSERT_TRUE(world.until([&] { return world.agent.running.size() == 1; }));
    client.close();
    const auto on_answer = world.agent.running.begin()->second;
    ASSERT_TRUE(world.until([&] {
        on_answer({.type = "ack", .from = "b"});
        return world.agent.running.empty();
    }));
    on_answer({.type = "done"});  // too late: for no one
}

TEST_F(HttpWriting, AnswersNeverShowAKey) {
    world.agent.keys_said = {.nodes = 2,
                             .answers = {{.node = "a", .ok = true, .keys = {kKey}, .primary = kKey},
                                         {.node = "b", .ok = false, .message = "no keyring"}}};
    world.agent.error = "1/2 nodes reported failure";
    const Received listed = world.post("/v1/keys", R"({"operation": "list"})");
    EXPECT_EQ(listed.status, 200) << "the answer says which member did not";
    EXPECT_EQ(listed.json().at("nodes"), 2);
    EXPECT_EQ(listed.json().at("answered"), 2);
    EXPECT_EQ(listed.json().at("failed"), 1);
    EXPECT_EQ(listed.json().at("messages"), Json({{"b", "no keyring"}}));
    ASSERT_EQ(listed.json().at("keys").size(), 1u);
    EXPECT_EQ(listed.json().at("keys").begin().key().size(), std::string{kFingerprint}.size());
    EXPECT_THAT(listed.body, Not(HasSubstr("ZWTL")));
    const std::string key = kKey;
    for (const char* const operation : {"install", "use", "remove"}) {
        EXPECT_EQ(world
                      .post("/v1/keys", R"({"operation": ")" + std::string{operation} +
                                            R"(", "key": ")" + key + R"("})")
                      .status,
                  200);
    }
    EXPECT_THAT(world.post("/v1/keys", R"({"operation": "use", "key": ")" + key + "x\"}").error(),
                Not(HasSubstr("ZWTL")));
    EXPECT_EQ(world.agent.calls.back(), "_serf_remove-key " + key);
}

}  // namespace
}  // namespace rollcall::agent::http::tests
