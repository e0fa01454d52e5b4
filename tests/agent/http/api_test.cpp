// SPDX-License-Identifier: Apache-2.0
//
// What the paths of docs/http.md answer. How requests arrive is in server_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "agent/http/api/vitals.h"
#include "agent/http/http_world.h"

namespace rollcall::agent::http::tests {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::UnorderedElementsAre;

constexpr const char* kTime = R"(20[0-9][0-9]-..-..T..:..:..\.[0-9]{6}Z)";

std::vector<std::string> names_in(const Received& answer) {
    std::vector<std::string> names;
    const Json all = answer.json();
    for (const Json& member : all.at("members")) names.push_back(member.at("name"));
    return names;
}

class HttpApi : public testing::Test {
protected:
    HttpApi() {
        world.agent.all = {member("a", serf::Status::alive, {{"role", "web"}, {"dc", "1"}}),
                           member("b", serf::Status::failed, {{"role", "db"}}),
                           member("c", serf::Status::alive, {{"role", "db"}, {"metrics", "9100"}})};
    }
    World world{{.token = "sekret"}};
};

// --- members
// --------------------------------------------------------------------------------------

TEST_F(HttpApi, AMemberIsShownWithAllThatIsKnown) {
    world.agent.details.emplace("b", MemberDetail{.record = world.agent.all[1],
                                                  .state = "dead",
                                                  .incarnation = Incarnation{3},
                                                  .since = 5s,
                                                  .by = {"c"},
                                                  .acked = 7s,
                                                  .rtt = 412us});
    const Json b = world.get("/v1/members/b").json();
    EXPECT_EQ(b.at("name"), "b");
    EXPECT_EQ(b.at("address"), "10.0.0.7:7946");
    EXPECT_EQ(b.at("status"), "failed");
    EXPECT_EQ(b.at("state"), "dead");
    EXPECT_EQ(b.at("by"), Json::array({"c"}));
    EXPECT_EQ(b.at("incarnation"), 3);
    EXPECT_DOUBLE_EQ(b.at("rtt_ms").get<double>(), 0.412);
    EXPECT_EQ(b.at("tags"), Json({{"role", "db"}}));
    EXPECT_EQ(b.at("protocol"), wire::kSerfVersions.pcur);
    EXPECT_THAT(b.at("since").get<std::string>(), MatchesRegex(kTime));
    EXPECT_LT(b.at("last_ack").get<std::string>(), b.at("since").get<std::string>());
    const Json a = world.get("/v1/members/a").json();
    EXPECT_EQ(a.at("last_ack"), nullptr);
    EXPECT_EQ(a.at("rtt_ms"), nullptr);
    EXPECT_EQ(world.get("/v1/members/x").status, 404);
}

TEST_F(HttpApi, TheStatusOfAllMembersIsInTheOrderOfTheirNames) {
    const Received answer = world.get("/status");
    EXPECT_EQ(answer.json().at("node"), "n1");
    EXPECT_THAT(names_in(answer), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(answer.whole);
}

TEST_F(HttpApi, MembersAreFilteredByNameStatusAndTags) {
    EXPECT_THAT(names_in(world.get("/v1/members")), ElementsAre("a", "b", "c"));
    EXPECT_THAT(names_in(world.get("/v1/members?status=failed")), ElementsAre("b"));
    EXPECT_THAT(names_in(world.get("/v1/members?name=a|c")), ElementsAre("a", "c"));
    EXPECT_THAT(names_in(world.get("/v1/members?tag=role=db")), ElementsAre("b", "c"));
    EXPECT_THAT(names_in(world.get("/v1/members?tag=role=db&tag=metrics=.%2B")), ElementsAre("c"));
    EXPECT_THAT(names_in(world.get("/v1/members?tag=role=d.&tag=role=.b&status=alive")),
                ElementsAre("c"));
    EXPECT_THAT(names_in(world.get("/v1/members?name=none")), ElementsAre());
}

TEST_F(HttpApi, PagesFollowEachOtherWithoutGapOrOverlap) {
    const Received first = world.get("/v1/members?limit=2");
    EXPECT_THAT(names_in(first), ElementsAre("a", "b"));
    EXPECT_EQ(first.json().at("next"), "b");
    const Received second = world.get("/v1/members?limit=2&after=b");
    EXPECT_THAT(names_in(second), ElementsAre("c"));
    EXPECT_FALSE(second.json().contains("next"));
    EXPECT_FALSE(world.get("/v1/members?limit=3").json().contains("next")) << "exactly all";
    const Received filtered = world.get("/v1/members?limit=1&tag=role=db");
    EXPECT_THAT(names_in(filtered), ElementsAre("b"));
    EXPECT_EQ(filtered.json().at("next"), "b");
}

TEST_F(HttpApi, AMistakeInAParameterNamesItTheValueAndWhatIsAllowed) {
    std::string seventeen_tags;
    for (int i = 0; i < 17; ++i) seventeen_tags += "tag=role=x&";
    const std::vector<std::pair<std::string, std::vector<std::string>>> mistakes{
        {"/v1/members?limit=0", {"limit", "'0'", "1 to 10000"}},
        {"/v1/members?limit=10001", {"limit", "'10001'"}},
        {"/v1/members?limit=-1", {"limit", "'-1'"}},
        {"/v1/members?limit=1x", {"limit", "'1x'"}},
        {"/v1/members?limit=1&limit=2", {"limit", "once"}},
        {"/v1/members?status=dead", {"status", "'dead'", "alive"}},
        {"/v1/members?name=(", {"name", "'('", "regular expression"}},
        {"/v1/members?tag=role", {"tag", "'role'", "KEY=REGEXP"}},
        {"/v1/members?tag=role=(", {"tag", "'('"}},
        {"/v1/members?name=" + std::string(500, 'x') + "&tag=role=" + std::string(520, 'x'),
         {"name, status and tag", "1025 bytes", "at most 1024 in all"}},
        {"/v1/sd/prometheus?" + seventeen_tags, {"tag", "17 times", "at most 16"}},
        {"/v1/members?stauts=failed", {"'stauts'", "after, limit, name, status, tag"}},
        {"/status?x=1", {"'x'", "none"}},
        {"/v1/events?level=loud", {"level", "'loud'", "debug, info, warn or err"}},
        {"/v1/events?level=trace", {"level", "'trace'"}},
        {"/v1/events?since=x", {"since", "'x'"}},
        {"/v1/sd/prometheus?port=0", {"port", "'0'", "1 to 65535"}},
    };
    for (const auto& [target, parts] : mistakes) {
        const Received answer = world.get(target);
        EXPECT_EQ(answer.status, 400) << target;
        for (const std::string& part : parts)
            EXPECT_THAT(answer.error(), HasSubstr(part)) << target;
    }
}

TEST_F(HttpApi, TextFromTheNetworkIsReplacedWhereItIsNoUtf8) {
    world.agent.all = {member("bad\xff\x1b[2J")};
    EXPECT_THAT(names_in(world.get("/status")), ElementsAre("bad\xef\xbf\xbd\x1b[2J"));
    EXPECT_EQ(world.get("/v1/members/bad%FF%1B%5B2J").status, 200);
    EXPECT_THAT(world.get("/v1/members/%FF%1B").body, testing::Not(HasSubstr("\x1b")));
}

// "a\xff" would come back as "a\xef\xbf\xbd", which is before it: the same page again and again.
TEST_F(HttpApi, APageDoesNotEndWithANameThatCannotComeBack) {
    world.agent.all = {member("a\xff"), member("a\xff\xff"), member("b"), member("c"), member("d")};
    const Json page = world.get("/v1/members?limit=1").json();
    EXPECT_EQ(page.at("members").size(), 3u);
    EXPECT_EQ(page.at("next"), "b");
    const Json rest = world.get("/v1/members?limit=2&after=b").json();
    EXPECT_EQ(rest.at("members").size(), 2u);
    EXPECT_FALSE(rest.contains("next"));
}

TEST_F(HttpApi, APageBeginsBehindAMemberThatIsGone) {
    world.agent.all = {member("a"), member("c")};
    EXPECT_THAT(names_in(world.get("/v1/members?limit=1&after=b")), ElementsAre("c"));
}

TEST_F(HttpApi, AHistoryIsThatOfOneMember) {
    record(world.agent.records, Level::warn, "member-suspect", "b");
    record(world.agent.records, Level::info, "member-join", "a");
    record(world.agent.records, Level::info, "member-failed", "b");
    const Json b = world.get("/v1/members/b/history").json();
    EXPECT_EQ(b.at("name"), "b");
    EXPECT_EQ(b.at("member").at("status"), "failed");
    ASSERT_EQ(b.at("records").size(), 2u);
    EXPECT_EQ(b.at("records")[0].at("event"), "member-suspect");
    EXPECT_EQ(b.at("records")[1].at("seq"), 3);
    record(world.agent.records, Level::info, "member-reap", "gone");
    const Json gone = world.get("/v1/members/gone/history").json();
    EXPECT_EQ(gone.at("member"), nullptr);
    EXPECT_EQ(world.get("/v1/members/never/history").status, 404);
}

TEST_F(HttpApi, CoordinatesAreThoseThatAreKnown) {
    world.agent.places["a"] = serf::Coordinate{.vec = {0.5}, .error = 0.25};
    const Json all = world.get("/v1/coordinates").json().at("coordinates");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].at("name"), "a");
    EXPECT_EQ(all[0].at("vec").size(), serf::kDimensions);
    EXPECT_DOUBLE_EQ(all[0].at("error").get<double>(), 0.25);
    world.agent.error = "coordinates are disabled";
    EXPECT_EQ(world.get("/v1/coordinates").status, 404);
}

// --- this agent
// -----------------------------------------------------------------------------------

TEST_F(HttpApi, TheAgentShowsItsStats) {
    world.agent.numbers = {{"serf", {{"members", "3"}}}};
    world.agent.current_tags = {{"role", "web"}};
    world.self.uptime = 90s;
    const Json agent = world.get("/v1/agent").json();
    EXPECT_EQ(agent.at("version"), "1.2.3");
    EXPECT_EQ(agent.at("uptime_s"), 90);
    EXPECT_EQ(agent.at("tags"), Json({{"role", "web"}}));
    EXPECT_EQ(agent.at("stats").at("serf").at("members"), "3");
    EXPECT_EQ(agent.at("sample"), Json({{"state", "off"}}));
}

TEST_F(HttpApi, HealthAndReadinessSayWhyNot) {
    EXPECT_EQ(world.get("/healthz").status, 200);
    EXPECT_EQ(world.get("/readyz").json(),
              Json({{"ok", true}, {"checks", {{"joined", {{"ok", true}, {"detail", "joined"}}}}}}));
    world.readiness = {{"joined", false, "no seed has answered yet"}, {"sending", true, "fine"}};
    const Received not_ready = world.get("/readyz");
    EXPECT_EQ(not_ready.status, 503);
    EXPECT_EQ(not_ready.error(), "no seed has answered yet");
    world.health = {{"loop", false, "the loop is 2000 ms late"}};
    EXPECT_EQ(world.get("/healthz").status, 503);
}

TEST_F(HttpApi, UnknownPathsAndMethodsAreTwoThings) {
    EXPECT_EQ(world.get("/v1/nothing").status, 404);
    EXPECT_EQ(world.get("/v1/members/").status, 404);
    EXPECT_EQ(world.get("/v1/members/a/b").status, 404);
    const Received wrong = world.get("/v1/join");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.at("allow"), "POST");
    const Received post = world.post("/status", "");
    EXPECT_EQ(post.status, 405);
    EXPECT_EQ(post.headers.at("allow"), "GET, HEAD");
    EXPECT_EQ(world.exchange("DELETE /v1/members/a HTTP/1.1\r\nHost: localhost\r\n\r\n").status,
              405);
    EXPECT_EQ(world.get("/metrics").status, 404) << "none is connected";
}

TEST_F(HttpApi, LongAnswersAreCompressedForThoseWhoCan) {
    for (int i = 0; i < 500; ++i) world.agent.all.push_back(member("m" + std::to_string(i)));
    std::ranges::sort(world.agent.all, {}, &serf::MemberRecord::name);
    const Received plain = world.get("/status");
    for (const char* const accepted : {"gzip", "deflate, GZIP;q=0.5", "*"}) {
        const Received answer =
            world.get("/status", "Accept-Encoding: " + std::string{accepted} + "\r\n");
        EXPECT_EQ(answer.headers.at("content-encoding"), "gzip") << accepted;
        EXPECT_LT(answer.body.size(), plain.body.size() / 5);
        EXPECT_EQ(Json::parse(unzipped(answer.body)).at("members").size(), 503u);
    }
    for (const char* const refused : {"identity", "gzip;q=0", "gzip; q=0.000", "xgzip"}) {
        const Received answer =
            world.get("/status", "Accept-Encoding: " + std::string{refused} + "\r\n");
        EXPECT_EQ(answer.headers.count("content-encoding"), 0u) << refused;
    }
    EXPECT_EQ(
        world.get("/heartbeat", "Accept-Encoding: gzip\r\n").headers.count("content-encoding"), 0u)
        << "too short to pay";
}

// --- service discovery
// ----------------------------------------------------------------------------

TEST_F(HttpApi, PrometheusFindsAliveMembersAtThePortOfThisAddress) {
    const Json groups = world.get("/v1/sd/prometheus").json();
    ASSERT_EQ(groups.size(), 2u);
    const std::string port = std::to_string(world.endpoint().port);
    EXPECT_EQ(groups[0].at("targets"), Json::array({"10.0.0.7:" + port}));
    EXPECT_EQ(groups[0].at("labels"), Json({{"__meta_rollcall_name", "a"},
                                            {"__meta_rollcall_status", "alive"},
                                            {"__meta_rollcall_tag_role", "web"},
                                            {"__meta_rollcall_tag_dc", "1"}}));
    EXPECT_EQ(world.get("/v1/sd/prometheus?port=9100").json()[0].at("targets")[0], "10.0.0.7:9100");
}

TEST_F(HttpApi, PrometheusFindsThePortInATagAndLeavesOutThoseWithout) {
    for (const char* const port : {"0", "65536", "x", ""}) {
        world.agent.all.push_back(
            member(std::string{"bad"} + port, serf::Status::alive, {{"metrics", port}}));
    }
    const Json groups = world.get("/v1/sd/prometheus?port-tag=metrics").json();
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].at("targets")[0], "10.0.0.7:9100");
    EXPECT_EQ(world.get("/v1/sd/prometheus?tag=role=web").json().size(), 1u);
}

TEST_F(HttpApi, LabelsOfTagsHaveNoOtherCharacters) {
    world.agent.all = {member("a", serf::Status::alive, {{"k8s.io/zone-a", "x"}})};
    EXPECT_TRUE(world.get("/v1/sd/prometheus")
                    .json()[0]
                    .at("labels")
                    .contains("__meta_rollcall_tag_k8s_io_zone_a"));
}

}  // namespace
}  // namespace rollcall::agent::http::tests
