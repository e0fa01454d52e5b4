// SPDX-License-Identifier: Apache-2.0
//
// The source section, the weights and victims of steps, and links to stories.
#include "sim/program/report/source.h"

#include <gtest/gtest.h>

#include <chrono>

#include "sim/program/report/words.h"
#include "sim/scenario/language/file.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TEST(ReportSource, TheScenarioOnThePageGivesTheSameRun) {
    const ScenarioFile file = read_scenario(
        "# Why.\nnodes 6\nset suspicion_mult 3\nrun 30s\nat 2s crash n3\nat 4s loss n1 in 20%\n",
        "small");
    ASSERT_TRUE(file.problems.empty());
    const RunResult result = run(file.scenario, 9, {});
    const RunReport report{file.scenario, result, 0.1, "rollcall-sim run small --seed 9"};
    const ScenarioFile again = read_scenario(source_text(report), "again");
    ASSERT_TRUE(again.problems.empty()) << again.problems.front().to_string("again");
    EXPECT_EQ(again.scenario.seed, 9u);
    EXPECT_EQ(run(again.scenario, *again.scenario.seed, {}).hash, result.hash);
    EXPECT_NE(source_section(report).find("suspicion_mult"), std::string::npos);
}

TEST(ReportSource, StepsThatSplitOrEndComeBeforeTraffic) {
    const auto split = words_of(action::Partition{{{1, 2, 3}, {4}}});
    EXPECT_GT(split.weight, words_of(action::Restart{.who = {1}}).weight);
    EXPECT_GT(words_of(action::Restart{.who = {1}}).weight,
              words_of(action::UpdateMeta{{1}}).weight);
    EXPECT_EQ(split.victims, Nodes{4}) << "the smaller side";
    EXPECT_EQ(words_of(action::Crash{{3}}).victims, Nodes{3});
}

TEST(ReportSource, TheEndOfALossIsDescribedAsRecovery) {
    const std::string over = words_of(action::HostLoss{.who = {2}}).what;
    EXPECT_NE(over.find("recovers"), std::string::npos) << over;
    EXPECT_EQ(over.find("0 %"), std::string::npos) << over;
    const std::string begins = words_of(action::HostLoss{.who = {2}, .ingress = 0.5}).what;
    EXPECT_NE(begins.find("loses 50"), std::string::npos) << begins;
}

TEST(ReportSource, AFailedExpectationLinksToTheMembersThatItNames) {
    const Json recorded{{"names", {"n1", "n2", "n3"}}, {"victim", 2}, {"accused", 0}};
    EXPECT_NE(story_links("n2 about n3 at 5 s", "", recorded).find("#story/1"), std::string::npos);
    EXPECT_NE(story_links("2 times", "n3 dead by 20s", recorded).find("#story/2"),
              std::string::npos);
    EXPECT_NE(story_links("3", "detect_missed = 0", recorded).find("#story/2"), std::string::npos);
    EXPECT_NE(story_links("3", "false_failures = 0", recorded).find("#story/0"), std::string::npos);
    EXPECT_EQ(story_links("3", "agreement", Json{{"names", Json::array()}}), "");
}

}  // namespace
}  // namespace rollcall::sim
