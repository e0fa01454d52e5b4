// SPDX-License-Identifier: Apache-2.0
//
// The answers to the built-in query "view", of a core with many members.
#include "agent/doctor/view_answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "agent/host/entropy.h"
#include "serf/view_checksum.h"
#include "wire/messages.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class ViewAnswersTest : public testing::Test {
protected:
    ViewAnswersTest() {
        core.start(now, out);
        names.insert("me");
    }

    static serf::Config config() {
        serf::Config config;
        config.membership = membership::Config::lan();
        config.membership.name = "me";
        config.membership.address = WireAddress::v4(10, 0, 0, 1);
        return config;
    }
    void meet(const std::string& name) {
        std::vector<std::byte> room(wire::kMaxDatagram);
        ByteWriter writer{room};
        wire::encode(wire::Alive{.node = name,
                                 .incarnation = Incarnation{1},
                                 .address = WireAddress::v4(10, 0, 0, 2),
                                 .port = 7946,
                                 .meta = {},
                                 .versions = wire::kSerfVersions},
                     writer);
        core.handle_packet(now, *Endpoint::parse("10.0.0.2:7946"), writer.written(), out);
        names.insert(name);
    }
    Json ask(const std::string& question) {
        const auto answer = answers.answer(as_bytes(std::string_view{question}));
        EXPECT_TRUE(answer) << question;
        EXPECT_LE(answer->size(), 1024u - 64u);
        return Json::parse(*answer);
    }

    Time now{1h};
    SystemEntropy entropy;
    serf::Serf::Outbox out;
    serf::Serf core{config(), entropy, 1};
    ViewAnswers answers{{.core = core, .now = [this] { return now; }, .profile = "lan"}};
    std::set<std::string> names;
};

TEST_F(ViewAnswersTest, TheSummaryCountsAndHasTheChecksum) {
    meet("a");
    meet("b");
    const Json summary = ask("");
    EXPECT_EQ(summary["up"], 3);
    EXPECT_EQ(summary["alive"], 3);
    EXPECT_EQ(summary["failed"], 0);
    EXPECT_EQ(summary["view"], serf::checksum_text(serf::view_hash("me") + serf::view_hash("a") +
                                                   serf::view_hash("b")));
    EXPECT_EQ(summary["key"], "");
    EXPECT_FALSE(summary.contains("values"));
    const Json timings = ask("timings");
    EXPECT_EQ(timings["values"]["probe-interval"], "1s");
    EXPECT_EQ(timings["timings"], summary["timings"]);
    EXPECT_EQ(timings["timings"], core.tuning().fingerprint);
    EXPECT_FALSE(timings.contains("tuning"));
}

TEST_F(ViewAnswersTest, AChangeOfTheTimingsIsShown) {
    std::ignore = core.tune(now, "prepare x1 10s gossip-nodes=4", out);
    std::ignore = core.tune(now, "apply x1", out);
    now += 4s;
    const Json view = ask("timings");
    EXPECT_EQ(view["tuning"], (Json{{"state", "tentative"}, {"id", "x1"}, {"left_ms", 6000}}));
    EXPECT_EQ(view["values"]["gossip-nodes"], "4");
    std::ignore = core.tune(now, "confirm x1", out);
    EXPECT_EQ(ask("")["tuning"], (Json{{"state", "confirmed"}, {"id", "x1"}}));
}

// Every member is found by descending into the parts, and no answer is too long.
TEST_F(ViewAnswersTest, ThePartsAndNamesAreAllMembers) {
    for (int i = 0; i < 500; ++i) meet("member-" + std::to_string(i));
    std::set<std::string> found;
    std::vector<std::pair<unsigned, std::uint64_t>> open{{0, 0}};
    std::uint64_t sum = 0;
    while (!open.empty()) {
        const auto [bits, prefix] = open.back();
        open.pop_back();
        const std::string place = std::to_string(bits) + ' ' + std::to_string(prefix);
        const Json list = ask("names " + place);
        EXPECT_EQ(list["at"], place);
        if (list["more"] == 0) {
            for (const Json& name : list["names"]) {
                found.insert(name);
                sum += serf::view_hash(name.get<std::string>());
            }
            continue;
        }
        const Json split = ask("parts " + place);
        ASSERT_EQ(split["parts"].size(), 16u);
        for (std::uint64_t i = 0; i < 16; ++i) {
            if (split["parts"][i][1] != 0) open.emplace_back(bits + 4, prefix << 4u | i);
        }
    }
    EXPECT_EQ(found, names);
    EXPECT_EQ(serf::checksum_text(sum), ask("")["view"]);
}

// Any member may ask, as often as it likes.
TEST_F(ViewAnswersTest, TheListIsMadeOnceASecond) {
    meet("a");
    EXPECT_EQ(ask("names 0 0")["names"].size(), 2u);
    meet("b");
    EXPECT_EQ(ask("names 0 0")["names"].size(), 2u);
    now += 999ms;
    EXPECT_EQ(ask("names 0 0")["names"].size(), 2u);
    now += 1ms;
    EXPECT_EQ(ask("names 0 0")["names"].size(), 3u);
}

TEST_F(ViewAnswersTest, NamesWithBytesThatAreNoTextStayValidJson) {
    meet("\xff\x01\"quoted\"");
    EXPECT_EQ(ask("names 0 0")["names"].size(), 2u);
}

TEST_F(ViewAnswersTest, OtherQuestionsAreNotAnswered) {
    for (const char* question :
         {"x", "parts", "parts ", "parts 4", "parts 4 16", "parts 33 0", "parts -1 0", "parts 0 1",
          "names 4 3 2", "names 4 3x", "names a b", "parts 99999999999999999999 0", "timings "}) {
        EXPECT_FALSE(answers.answer(as_bytes(std::string_view{question}))) << question;
    }
}

TEST(TimingsOfAgents, DifferencesAreNamed) {
    membership::Config lan = membership::Config::lan();
    membership::Config other = lan;
    EXPECT_EQ(difference(timings_of(lan), timings_of(other)), "");
    other.probe_interval = 700ms;
    other.suspicion_mult = 7;
    EXPECT_EQ(difference(timings_of(lan), timings_of(other)),
              "probe-interval 1s here, 700ms there; suspicion-mult 4 here, 7 there");
}

}  // namespace
}  // namespace rollcall::agent
