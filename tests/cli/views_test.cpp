// SPDX-License-Identifier: Apache-2.0
//
// Groups of agents by their view, and the search for the members in which two views differ, against
// an agent that answers from a list.
#include "cli/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "serf/view_checksum.h"

namespace rollcall::cli {
namespace {

using Json = nlohmann::json;
using Names = std::set<std::string>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Answers as agent/doctor/view_answers.h says, a few names at a time.
class AnsweringAgent {
public:
    explicit AnsweringAgent(Names names) : names_{std::move(names)} {}

    std::optional<std::string> answer(const std::string& question) {
        ++questions;
        std::istringstream words{question};
        std::string verb;
        unsigned bits = 0;
        std::uint64_t prefix = 0;
        words >> verb >> bits >> prefix;
        Json json{{"at", std::to_string(bits) + ' ' + std::to_string(prefix)}};
        if (verb == "names") {
            json["names"] = Json::array();
            json["more"] = 0;
            for (const std::string& name : in(bits, prefix)) {
                if (json["names"].size() < 20) {
                    json["names"].push_back(name);
                } else {
                    json["more"] = json["more"].get<int>() + 1;
                }
            }
        } else {
            for (std::uint64_t i = 0; i < 16; ++i) {
                const Names part = in(bits + 4, prefix << 4u | i);
                std::uint64_t sum = 0;
                for (const std::string& name : part) sum += serf::view_hash(name);
                json["parts"].push_back({serf::checksum_text(sum), part.size()});
            }
        }
        return json.dump();
    }
    unsigned questions = 0;

private:
    [[nodiscard]] Names in(unsigned bits, std::uint64_t prefix) const {
        Names found;
        for (const std::string& name : names_) {
            if (bits == 0 || serf::view_hash(name) >> (64 - bits) == prefix) found.insert(name);
        }
        return found;
    }
    Names names_;
};

Names many(int from, int to) {
    Names names;
    for (int i = from; i < to; ++i) names.insert("member-" + std::to_string(i));
    return names;
}

ViewDifference search(const Names& ours, AnsweringAgent& theirs) {
    ViewSearch search{ours};
    return search.run([&](const std::string& question) { return theirs.answer(question); });
}

TEST(ViewSearch, FindsAFewMembersAmongThousandsWithFewQuestions) {
    Names ours = many(0, 5000);
    Names theirs = ours;
    theirs.erase("member-17");
    theirs.insert("stranger");
    AnsweringAgent agent{theirs};
    const ViewDifference found = search(ours, agent);
    EXPECT_THAT(found.missing, ElementsAre("member-17"));
    EXPECT_THAT(found.extra, ElementsAre("stranger"));
    EXPECT_TRUE(found.complete);
    EXPECT_LE(agent.questions, 10u);
}

TEST(ViewSearch, EqualViewsDifferInNothing) {
    AnsweringAgent agent{many(0, 100)};
    const ViewDifference found = search(many(0, 100), agent);
    EXPECT_THAT(found.missing, IsEmpty());
    EXPECT_THAT(found.extra, IsEmpty());
    EXPECT_TRUE(found.complete);
}

TEST(ViewSearch, SmallClustersThatShareNothing) {
    AnsweringAgent agent{{"c", "d"}};
    const ViewDifference found = search({"a", "b"}, agent);
    EXPECT_THAT(found.missing, ElementsAre("a", "b"));
    EXPECT_THAT(found.extra, ElementsAre("c", "d"));
    EXPECT_TRUE(found.complete);
}

// Half of a large cluster: the search stops, and says so.
TEST(ViewSearch, StopsAfterItsQuestions) {
    AnsweringAgent agent{many(2000, 4000)};
    const ViewDifference found = search(many(0, 2000), agent);
    EXPECT_FALSE(found.complete);
    EXPECT_LE(agent.questions, 2 * ViewSearch::kMostQuestions);
}

TEST(ViewSearch, AnswersThatMakeNoSenseEndIt) {
    for (const char* text :
         {"", "null", "[]", "{}", "{\"at\":\"0 0\"}", "{\"at\":\"0 0\",\"parts\":[]}",
          "{\"at\":\"0 0\",\"parts\":7}", "{\"at\":\"4 1\",\"parts\":[]}"}) {
        ViewSearch search{Names{"a"}};
        const ViewDifference found = search.run([&](const std::string&) { return text; });
        EXPECT_FALSE(found.complete) << text;
        EXPECT_THAT(found.extra, IsEmpty());
    }
    ViewSearch search{Names{"a"}};
    EXPECT_FALSE(search.run([](const std::string&) { return std::nullopt; }).complete);
}

TEST(Views, TheViewOfTheAskedAgentComesFirst) {
    Views views;
    views.add("a", {.view = "11", .up = 2});
    views.add("b", {.view = "22", .up = 3});
    views.add("c", {.view = "22", .up = 3});
    const auto& groups = views.arrange("a");
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_THAT(groups[0].agents, ElementsAre("a"));
    EXPECT_THAT(groups[1].agents, ElementsAre("b", "c"));
    EXPECT_FALSE(views.one_view());
}

TEST(Views, MembersThatAnsweredElsewhereAreNotSilent) {
    Views views;
    views.add_silent("b", Views::Silence::failed);
    views.add_silent("s", Views::Silence::silent);
    views.add_silent("s", Views::Silence::no_answers);
    views.add("a", {.view = "11", .up = 2});
    views.add("b", {.view = "11", .up = 2});
    views.add_silent("a", Views::Silence::failed);
    static_cast<void>(views.arrange("a"));
    EXPECT_TRUE(views.one_view());
    const auto json = Json::parse(views.as_json());
    EXPECT_EQ(json["failed"], Json::array());
    EXPECT_EQ(json["silent"], Json::array());
    EXPECT_EQ(json["no_answers"], Json::array({"s"}));
    EXPECT_EQ(json["views"][0]["agents"], Json::array({"a", "b"}));
}

TEST(Views, TheTextNamesTheDifferenceAndIsSafeToPrint) {
    Views views;
    views.add("a", {.view = "11", .up = 2});
    views.add("evil\x1b[2J", {.view = "22\x1b", .up = 1});
    auto& groups = views.arrange("a");
    groups[1].difference = {.missing = {"a"}, .extra = {"x"}, .complete = false};
    const std::string text = views.as_text();
    EXPECT_THAT(text, HasSubstr("2 views of the cluster, 2 agents answered\n"));
    EXPECT_THAT(text, HasSubstr("not up, unlike in the first view: a\n"));
    EXPECT_THAT(text, HasSubstr("up, unlike in the first view: x\n"));
    EXPECT_THAT(text, HasSubstr("more differ"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Views, AnswersAreNotTrusted) {
    EXPECT_FALSE(parse_summary(""));
    EXPECT_FALSE(parse_summary("{}"));
    EXPECT_FALSE(parse_summary("{\"view\":7}"));
    const auto odd = parse_summary("{\"view\":\"aa\",\"up\":-1,\"failed\":\"x\",\"new\":[]}");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->up, 0u);
}

}  // namespace
}  // namespace rollcall::cli
