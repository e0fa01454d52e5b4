// SPDX-License-Identifier: Apache-2.0
//
// Key rotation in scenarios: a restarted node has its saved keys, an excluded one gets those of the
// others; and a rotation stops where an operator's does.
#include "sim/scenario/run/key_operator.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/scenario/language/file.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

// Four members that have key 1; every invariant holds throughout.
RunResult rotated(const std::string& steps) {
    const ScenarioFile file =
        read_scenario("nodes 4\ncore serf\nencryption on\nrun 90s\n" + steps, "rotated");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("rotated");
    const RunResult result = run(file.scenario, 5, {.keep_story = true});
    EXPECT_EQ(result.invariants_broken, 0u) << result.story;
    return result;
}
void expect_all(const RunResult& result) {
    for (const Outcome& outcome : result.outcomes) {
        EXPECT_TRUE(outcome.holds) << outcome.text << ": " << outcome.measured << result.story;
    }
}

TEST(RotatedKeys, ARestartedNodeHasItsSavedKeys) {
    expect_all(
        rotated("at 10s rotate n1 to key 2\nat 25s restart n3\n"
                "expect key 2 alone by 20s\nexpect key 2 alone by 26s\nexpect agreement by 40s\n"));
}

TEST(RotatedKeys, AFailedMemberIsWaitedFor) {
    const RunResult result = rotated(
        "at 5s crash n4\nat 25s rotate n1 to key 2\nat 40s start n4\n"
        "at 60s rotate n1 to key 2\n"
        "expect key 2 alone by 39s\nexpect key 2 alone by 80s\nexpect agreement by 80s\n");
    ASSERT_EQ(result.outcomes.size(), 3u);
    EXPECT_FALSE(result.outcomes[0].holds);
    EXPECT_EQ(result.outcomes[0].measured, "3 of 3 do not: n1 has others too");
    EXPECT_TRUE(result.outcomes[1].holds) << result.story;
    EXPECT_TRUE(result.outcomes[2].holds) << result.story;
    EXPECT_NE(result.story.find("stopped: not used, since some have failed n4"), std::string::npos);
}

TEST(RotatedKeys, AnExcludedNodeStartsWithTheOthersKeys) {
    expect_all(
        rotated("at 5s crash n4\nat 25s rotate n1 to key 2 without failed\nat 40s start n4\n"
                "expect key 2 alone by 39s\nexpect key 2 alone by 60s\nexpect agreement by 60s\n"));
}

TEST(RotatedKeys, AnotherNodeContinuesARotation) {
    const RunResult result = rotated(
        "at 10s rotate n1 to key 2\nat 10.3s restart n1\nat 20s rotate n2 to key 3\n"
        "expect key 3 alone by 40s\nexpect agreement by 40s\n");
    expect_all(result);
    EXPECT_EQ(result.story.find("n1      rotation of the keys"), std::string::npos);
    EXPECT_NE(result.story.find("n2      rotation of the keys done"), std::string::npos);
}

TEST(RotatedKeys, ALoneNodeDoesNotRotate) {
    const RunResult result = rotated(
        "at 5s partition n1 for 60s\nat 50s restart n1\nat 55s rotate n1 to key 2\n"
        "expect agreement by 90s\n");
    expect_all(result);
    EXPECT_NE(result.story.find("stopped: it knows no other node"), std::string::npos)
        << result.story;
}

TEST(RotatedKeys, OneRotationAtATime) {
    const RunResult result = rotated(
        "at 10s rotate n1 to key 2\nat 10.1s rotate n2 to key 3\n"
        "expect key 2 alone by 40s\n");
    expect_all(result);
    EXPECT_EQ(result.story.find("n2      rotates"), std::string::npos);
}

}  // namespace
}  // namespace rollcall::sim
