// SPDX-License-Identifier: Apache-2.0
//
// The journal as a stream of events: resuming, filtering, falling behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "agent/http/http_world.h"

namespace rollcall::agent::http::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The events of a stream so far, as "ID NAME DATA" without what is not there.
std::vector<std::string> events_in(const Client& client) {
    const std::string body = Received::parse(client.received()).body;
    std::vector<std::string> events;
    for (std::size_t at = 0; at < body.size();) {
        const auto end = body.find("\n\n", at);
        if (end == std::string::npos) break;
        std::string id, name, data;
        for (std::size_t line = at; line < end;) {
            const auto stop = std::min(body.find('\n', line), end);
            const std::string text = body.substr(line, stop - line);
            if (text.starts_with("id: ")) id = text.substr(4);
            if (text.starts_with("event: ")) name = text.substr(7);
            if (text.starts_with("data: ")) data = text.substr(6);
            line = stop + 1;
        }
        if (!data.empty()) {
            if (name == "lagged" || name == "restarted") {
                events.push_back(name + " " + data);
            } else {
                events.push_back(id + " " + name + " " +
                                 Json::parse(data).at("member").get<std::string>());
                EXPECT_EQ(Json::parse(data).at("seq"), std::stoul(id));
            }
        }
        at = end + 2;
    }
    return events;
}

class HttpEvents : public testing::Test {
protected:
    explicit HttpEvents(World::Options options = {}) : world{std::move(options)} {}

    Client& stream(const std::string& query = "", const std::string& headers = "") {
        Client& client = world.connect();
        client.send("GET /v1/events" + query + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                    "\r\n");
        EXPECT_TRUE(
            world.until([&] { return client.received().find("retry") != std::string::npos; }));
        return client;
    }
    void happens(std::string_view event, std::string_view about, Level level = Level::info) {
        record(world.agent.records, level, event, about);
    }
    std::vector<std::string> events(Client& client, std::size_t count) {
        EXPECT_TRUE(world.until([&] { return events_in(client).size() >= count; }));
        return events_in(client);
    }
    World world;
};

TEST_F(HttpEvents, WhatHappensFromNowOnIsSentAtOnce) {
    happens("member-join", "before");
    Client& client = stream();
    happens("member-join", "b");
    happens("member-failed", "b");
    EXPECT_THAT(events(client, 2), ElementsAre("2 member-join b", "3 member-failed b"));
    const Received answer = Received::parse(client.received());
    EXPECT_EQ(answer.headers.at("content-type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(answer.headers.count("content-encoding"), 0u);
}

TEST_F(HttpEvents, ADisconnectedClientGetsWhatItMissed) {
    for (const char* const name : {"a", "b", "c"}) happens("member-join", name);
    EXPECT_THAT(events(stream("", "Last-Event-ID: 1\r\n"), 2),
                ElementsAre("2 member-join b", "3 member-join c"));
    EXPECT_THAT(events(stream("?since=2"), 1), ElementsAre("3 member-join c"));
    EXPECT_THAT(events(stream("?since=0"), 3).size(), 3u);
    EXPECT_THAT(events(stream("?since=0", "Last-Event-ID: 2\r\n"), 1),
                ElementsAre("3 member-join c"))
        << "a browser repeats its URL";
}

TEST_F(HttpEvents, ANumberOfAFormerLifeIsReportedAndAllIsSent) {
    happens("member-join", "a");
    EXPECT_THAT(events(stream("", "Last-Event-ID: 900\r\n"), 2),
                ElementsAre(R"(restarted {"newest":1})", "1 member-join a"));
}

TEST_F(HttpEvents, FiltersLeaveOutLevelsAndMembers) {
    Client& errors = stream("?level=err");
    Client& all = stream("?level=debug");
    Client& of_b = stream("?member=b");
    happens("probe-failed", "b", Level::debug);
    happens("member-join", "c");
    happens("member-failed", "b");
    happens("trouble", "c", Level::err);
    EXPECT_THAT(events(errors, 1), ElementsAre("4 trouble c"));
    EXPECT_EQ(events(all, 4).size(), 4u);
    EXPECT_THAT(events(of_b, 1), ElementsAre("3 member-failed b"));
}

TEST_F(HttpEvents, WhatIsGoneFromMemoryIsReportedWithItsNumber) {
    const std::size_t kept = JournalLimits{}.recent;
    for (std::size_t i = 0; i < kept + 10; ++i) happens("member-join", "a");
    const auto events_of = events(stream("?since=3"), kept + 1);
    EXPECT_EQ(events_of.front(), R"(lagged {"lost":7,"from":4,"to":10})");
    EXPECT_EQ(events_of[1], "11 member-join a");
    EXPECT_EQ(world.server().stats().events_lost, 7u);
}

// No queue is kept for a client: one that does not read costs a position.
TEST_F(HttpEvents, AClientThatReadsSlowlyIsReportedWhatItLost) {
    Client& slow = world.connect(4096);
    slow.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return slow.received().find("retry") != std::string::npos; }));
    slow.stop_reading();
    const std::string name(200, 'x');
    const std::size_t many = 3 * JournalLimits{}.recent;
    for (std::size_t i = 0; i < many; ++i) {
        happens("member-join", name);
        if (i % 256 == 0) world.round();
    }
    EXPECT_LT(world.server().stats().bytes_sent, std::uint64_t{4} << 20);
    slow.read_again();
    std::uint64_t seen = 0, lost = 0;
    const std::string last = std::to_string(many) + " member-join " + name;
    ASSERT_TRUE(world.until([&] {
        const auto all = events_in(slow);
        return !all.empty() && all.back() == last;
    }));
    for (const std::string& event : events_in(slow)) {
        if (event.starts_with("lagged ")) {
            lost += Json::parse(event.substr(7)).at("lost").get<std::uint64_t>();
        } else {
            ++seen;
        }
    }
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(seen + lost, many) << "each event is either sent or counted as lost";
}

class HttpQuietEvents : public HttpEvents {
protected:
    static World::Options often() {
        World::Options options;
        options.limits.keep_alive_comment = 50ms;
        return options;
    }
    HttpQuietEvents() : HttpEvents{often()} {}
};

TEST_F(HttpQuietEvents, ACommentIsSentWhileNothingHappensAndMovesThePosition) {
    Client& client = stream("?member=b");
    happens("member-join", "c");
    EXPECT_TRUE(world.until(
        [&] { return client.received().find(": nothing new\nid: 1\n\n") != std::string::npos; }));
    EXPECT_TRUE(events_in(client).empty());
}

}  // namespace
}  // namespace rollcall::agent::http::tests
