// SPDX-License-Identifier: Apache-2.0
//
// The server with ordinary and with hostile clients. What the API answers is in api_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "agent/host/turn_hog.h"
#include "agent/http/http_world.h"

namespace rollcall::agent::http::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /heartbeat HTTP/1.1\r\nHost: localhost\r\n\r\n";

Limits quick() {
    Limits limits;
    limits.first_byte = 300ms;
    limits.request = 300ms;
    limits.progress = 1s;
    return limits;
}

// --- one request
// ----------------------------------------------------------------------------------

TEST(HttpServer, ARequestIsAnsweredAndTheConnectionClosed) {
    World world;
    const Received answer = world.exchange(kGet);
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    EXPECT_EQ(answer.json().at("name"), "n1");
    EXPECT_EQ(world.server().stats().requests, 1u);
    EXPECT_EQ(world.server().stats().answers[2], 1u);
}

TEST(HttpServer, EveryAnswerForbidsFramingSniffingAndKeeping) {
    World world;
    for (const char* const target : {"/", "/status", "/nothing"}) {
        const Received answer = world.get(target);
        EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff") << target;
        EXPECT_EQ(answer.headers.at("x-frame-options"), "DENY") << target;
        EXPECT_EQ(answer.headers.at("cache-control"), "no-store") << target;
        EXPECT_EQ(answer.headers.at("referrer-policy"), "no-referrer") << target;
        EXPECT_THAT(answer.headers.at("content-security-policy"), StartsWith("default-src 'none'"));
        EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u) << target;
    }
    EXPECT_THAT(world.get("/").headers.at("content-security-policy"), HasSubstr("sha256-x"));
}

TEST(HttpServer, AHeadGetsTheHeadersOnly) {
    World world;
    for (const char* const target : {"/heartbeat", "/status", "/v1/events"}) {
        const Received answer =
            world.exchange("HEAD " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(answer.status, 200) << target;
        EXPECT_EQ(answer.body, "") << target;
    }
}

TEST(HttpServer, ABodyMayArriveByteByByte) {
    World world{{.token = "sekret"}};
    Client& client = world.connect();
    const std::string body = R"({"name": "deploy", "payload": "v2"})";
    const std::string request =
        "POST /v1/event HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sekret\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    for (const char c : request) {
        client.send({&c, 1});
        world.round();
    }
    ASSERT_TRUE(world.until([&] { return client.closed(); }));
    EXPECT_EQ(Received::parse(client.received()).status, 200);
    EXPECT_THAT(world.agent.calls, testing::ElementsAre("event deploy v2"));
}

TEST(HttpServer, AClientThatAsksFirstIsToldToContinue) {
    World world{{.token = "sekret"}};
    Client& client = world.connect();
    client.send(
        "POST /v1/event HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sekret\r\n"
        "Expect: 100-continue\r\nContent-Length: 15\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return !client.received().empty(); }));
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 100 "));
    client.send(R"({"name": "abc"})");
    ASSERT_TRUE(world.until([&] { return client.closed(); }));
    EXPECT_THAT(client.received(), HasSubstr("HTTP/1.1 200 OK"));
}

// --- what is refused
// ------------------------------------------------------------------------------

TEST(HttpServer, ARefusedRequestGetsAJsonErrorAndAnEnd) {
    World world;
    const std::vector<std::tuple<std::string, int, Refused>> requests{
        {"GET / HTTP/1.1\nHost: localhost\n\n", 400, Refused::malformed},
        {"GET /% HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, Refused::malformed},
        {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, Refused::host},
        {"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421, Refused::host},
        {"POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         501, Refused::transfer_encoding},
        {"POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n", 413,
         Refused::body_too_large},
        {"GET /" + std::string(9000, 'x'), 414, Refused::head_too_large},
        {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'x'), 431, Refused::head_too_large},
        {"PRI * HTTP/2.0\r\n\r\n", 505, Refused::malformed},
    };
    for (const auto& [bytes, status, cause] : requests) {
        const std::uint64_t before = world.refused(cause);
        const Received answer = world.exchange(bytes);
        EXPECT_EQ(answer.status, status) << bytes.substr(0, 60);
        EXPECT_TRUE(answer.whole) << bytes.substr(0, 60);
        EXPECT_FALSE(answer.error().empty());
        EXPECT_EQ(world.refused(cause), before + 1) << bytes.substr(0, 60);
    }
    EXPECT_TRUE(world.agent.calls.empty());
    EXPECT_EQ(world.server().stats().requests, 0u) << "none of them was handled";
}

TEST(HttpServer, ARefusedClientCanReadWhyThoughItIsStillSending) {
    World world;
    Client& client = world.connect();
    client.send("POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n");
    client.send(std::string(400'000, 'x'));
    ASSERT_TRUE(world.until([&] { return client.closed(); }));
    EXPECT_EQ(Received::parse(client.received()).status, 413);
    EXPECT_FALSE(client.reset());
}

// Whatever a proxy in front may have made of the rest: it is not another request.
TEST(HttpServer, NothingAfterTheFirstRequestIsAnswered) {
    World world{{.token = "sekret"}};
    const std::string again = "GET /v1/agent HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const std::string body = "{}";
    for (const std::string& first :
         {std::string{kGet},
          "POST /v1/event HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
          "sekret\r\nContent-Length: 2\r\n\r\n" +
              body,
          std::string{"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"}}) {
        Client& client = world.connect();
        client.send(first + again + again);
        ASSERT_TRUE(world.until([&] { return client.closed(); }));
        EXPECT_EQ(client.received().find("HTTP/1.1 ", 1), std::string::npos) << first;
        EXPECT_EQ(client.received().find("\"stats\""), std::string::npos) << first;
    }
}

TEST(HttpServer, AGetWithABodyIsRefused) {
    World world;
    const Received answer = world.exchange(
        "GET /heartbeat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(answer.status, 400);
}

// --- slow clients
// ---------------------------------------------------------------------------------

TEST(HttpServer, AHeadThatDripsIsRefusedWhenItsTimeIsOver) {
    World world{{.limits = quick()}};
    Client& client = world.connect();
    const auto begin = std::chrono::steady_clock::now();
    client.send("GET / HTTP/1.1\r\n");
    ASSERT_TRUE(world.until([&] {
        client.send("X: y\r\n");  // each of them is progress, and none of them counts
        return client.closed();
    }));
    EXPECT_EQ(Received::parse(client.received()).status, 408);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
    EXPECT_EQ(world.refused(Refused::too_slow), 1u);
}

TEST(HttpServer, ABodyThatDripsIsRefusedWhenItsTimeIsOver) {
    World world{{.limits = quick(), .token = "sekret"}};
    Client& client = world.connect();
    client.send("POST /v1/event HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
    int sent = 0;
    ASSERT_TRUE(world.until([&] {
        if (++sent < 1000) client.send("x");
        return client.closed();
    }));
    EXPECT_EQ(Received::parse(client.received()).status, 408);
    EXPECT_EQ(world.refused(Refused::too_slow), 1u);
}

TEST(HttpServer, AClientThatSendsNothingIsClosed) {
    World world{{.limits = quick()}};
    Client& client = world.connect();
    ASSERT_TRUE(world.until([&] { return client.closed(); }));
    EXPECT_EQ(client.received(), "");
    EXPECT_EQ(world.server().load().connections, 0u);
}

TEST(HttpServer, AClientThatDoesNotReadItsAnswerIsClosed) {
    World world{{.limits = quick()}};
    for (int i = 0; i < 1500; ++i) {
        world.agent.all.push_back(member("member-" + std::to_string(i), serf::Status::alive,
                                         {{"long", std::string(8000, 'x')}}));
    }
    Client& client = world.connect(4096);
    client.stop_reading();
    client.send("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.server().load().connections == 1; }));
    ASSERT_TRUE(world.until([&] { return world.server().load().connections == 0; }));
    EXPECT_EQ(world.refused(Refused::not_read), 1u);
    EXPECT_LT(world.server().stats().bytes_sent, std::uint64_t{8} << 20)
        << "what it does not read is not written";
}

TEST(HttpServer, AClientThatIsGoneFreesItsPlace) {
    World world;
    world.agent.slow = true;
    Client& waiting = world.connect();
    waiting.send(kGet.substr(0, 20));
    Client& reading = world.connect();
    reading.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.server().load().event_streams == 1; }));
    waiting.close();
    reading.close();
    ASSERT_TRUE(world.until([&] {
        record(world.agent.records, Level::info, "member-join", "b");
        return world.server().load().connections == 0;
    }));
    EXPECT_EQ(world.server().load().event_streams, 0u);
}

// --- many clients
// ---------------------------------------------------------------------------------

TEST(HttpServer, IdleClientsMakeRoomForNewOnes) {
    // Together with the server's they fit into the 1024 files of an ordinary user.
    constexpr std::size_t kClients = 10 * Limits{}.connections_per_address;
    World world;
    std::vector<Client*> idle;
    for (std::size_t i = 0; i < kClients; ++i) {
        idle.push_back(&world.connect());
        // All are accepted before the queue of the system is full.
        if (i % 50 == 49) {
            ASSERT_TRUE(world.until([&] { return world.server().stats().accepted > i; }));
        }
    }
    EXPECT_EQ(world.exchange(kGet).status, 200);
    EXPECT_LE(world.server().load().connections, Limits{}.connections_per_address);
    EXPECT_GE(world.refused(Refused::evicted), kClients - Limits{}.connections_per_address);
    EXPECT_TRUE(idle.front()->closed()) << "the oldest goes first";
}

TEST(HttpServer, WhereNoneIsIdleANewClientIsRefused) {
    Limits limits;
    limits.connections_per_address = 3;
    World world{{.limits = limits}};
    std::vector<Client*> streams;
    for (int i = 0; i < 3; ++i) {
        streams.push_back(&world.connect());
        streams.back()->send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    ASSERT_TRUE(world.until([&] { return world.server().load().event_streams == 3; }));
    const Received refused = world.exchange(kGet);
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.error(), HasSubstr("3"));
    EXPECT_EQ(world.refused(Refused::too_many_of_address), 1u);
    EXPECT_FALSE(streams.front()->closed());
    streams.front()->close();
    ASSERT_TRUE(world.until([&] {
        record(world.agent.records, Level::info, "member-join", "b");
        return world.server().load().event_streams == 2;
    }));
    EXPECT_EQ(world.exchange(kGet).status, 200);
}

TEST(HttpServer, EventStreamsHavePlacesOfTheirOwn) {
    Limits limits;
    limits.event_streams = 2;
    World world{{.limits = limits}};
    for (int i = 0; i < 2; ++i) {
        world.connect().send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    ASSERT_TRUE(world.until([&] { return world.server().load().event_streams == 2; }));
    EXPECT_EQ(world.get("/v1/events").status, 503);
    EXPECT_EQ(world.refused(Refused::too_many_streams), 1u);
    EXPECT_EQ(world.exchange(kGet).status, 200);
}

// Work for a hundred clients is more than a turn may take: the loop must come around between.
TEST(HttpServer, WorkIsCutIntoTurns) {
    World world;
    for (int i = 0; i < 400; ++i) {
        world.agent.all.push_back(member("member-" + std::to_string(i)));
    }
    std::vector<Client*> clients;
    for (int i = 0; i < 60; ++i) {
        clients.push_back(&world.connect());
        clients.back()->send("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    std::vector<std::chrono::steady_clock::duration> rounds;
    uv_loop_t& loop = world.loop();
    const auto all_closed = [&] {
        return std::ranges::all_of(clients, [](const Client* c) { return c->closed(); });
    };
    while (!all_closed()) {
        const auto begin = std::chrono::steady_clock::now();
        uv_run(&loop, UV_RUN_NOWAIT);
        rounds.push_back(std::chrono::steady_clock::now() - begin);
        for (Client* client : clients) client->step();
    }
    for (Client* client : clients) {
        const Received answer = Received::parse(client->received());
        ASSERT_TRUE(answer.whole);
        EXPECT_EQ(answer.json().at("members").size(), 400u);
    }
    std::ranges::sort(rounds);
    // Of the median, since others may have the processor for a while.
    EXPECT_LT(rounds[rounds.size() / 2], 8ms);
    EXPECT_GT(world.server().stats().turns_cut, 20u);
}

TEST(HttpServer, ItComesAfterTheControlPortAndIsNotStarvedByIt) {
    World world;
    // How much of the control port passes a request depends on the machine's speed: what the ranks
    // mean is the subject of TurnOrder's tests.
    EXPECT_EQ(world.server().rank(), Rank::http);
    agent::tests::TurnHog control{world.turns()};
    for (int i = 1; i <= 20; ++i) EXPECT_EQ(world.get("/status").status, 200);
    EXPECT_GE(control.turns(), 20);
}

TEST(HttpServer, WhileItWaitsForItsTurnTheLoopSleeps) {
    World world;
    agent::tests::TurnHog control{world.turns()};
    world.connect().send(kGet);
    EXPECT_TRUE(world.until([&] { return control.turns() >= 8; }));
    // A round for each piece of work and each rest after it, and not as many as fit.
    EXPECT_LT(world.loop().rounds(), 200);
}

// --- the end
// --------------------------------------------------------------------------------------

TEST(HttpServer, AtItsEndAnswersAreStillSentAndStreamsEnd) {
    World world{{.token = "sekret"}};
    world.agent.slow = true;
    Client& stream = world.connect();
    stream.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Client& leaving = world.connect();
    leaving.send(
        "POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        "sekret\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    world.agent.waiting.front()();
    world.close_server(5s);
    ASSERT_TRUE(world.until([&] { return leaving.closed() && stream.closed(); }));
    EXPECT_EQ(Received::parse(leaving.received()).status, 200);
    EXPECT_TRUE(Received::parse(stream.received()).whole);
}

TEST(HttpServer, AtItsEndAnAnswerThatDoesNotComeIsNotWaitedForWithoutEnd) {
    World world{{.token = "sekret"}};
    world.agent.slow = true;
    Client& client = world.connect();
    client.send(
        "POST /v1/leave HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        "sekret\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.agent.waiting.size() == 1; }));
    world.close_server(50ms);
    world.agent.waiting.front()();  // a late reply finds no connection
    ASSERT_TRUE(world.until([&] { return client.closed(); }));
}

TEST(HttpServer, AnAddressInUseIsReportedAsThat) {
    World world;
    Server second{Server::Parts{.loop = world.loop(),
                                .log = **Log::open({.file = "/dev/null"}),
                                .turns = world.turns(),
                                .limits = {},
                                .host_names = {},
                                .handle = {}}};
    const auto at = second.listen(world.endpoint());
    ASSERT_FALSE(at);
    EXPECT_TRUE(at.error().in_use);
    EXPECT_THAT(at.error().text, HasSubstr(world.endpoint().to_string()));
}

}  // namespace
}  // namespace rollcall::agent::http::tests
