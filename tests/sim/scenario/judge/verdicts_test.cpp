// SPDX-License-Identifier: Apache-2.0
//
// Expectations hold when they are true and are violated when they are not, each kind both ways, in
// one known run: n3 crashes at 10 s, n4 leaves at 40 s, n5 is paused from 60 s to 63 s.
#include "sim/scenario/judge/verdicts.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/scenario/language/file.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

RunResult judged(const std::string& expectation) {
    const ScenarioFile file = read_scenario(
        "nodes 6\nrun 80s\nat 10s crash n3\nat 40s leave n4\nat 60s pause n5 for 3s\n"
        "expect " +
            expectation + "\n",
        "test");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("test");
    return run(file.scenario, 4);
}
std::string measured(const RunResult& result) {
    return result.outcomes.empty() ? "no outcome" : result.outcomes.front().measured;
}

TEST(KeyAlone, IsJudgedByTheKeysOfAllNodes) {
    const ScenarioFile file = read_scenario(
        "nodes 4\ncore serf\nencryption on\nrun 60s\nat 10s rotate n2..n3 to key 3\n"
        "expect key 1 alone by 9s\nexpect key 3 alone by 40s\nexpect key 1 alone by 40s\n",
        "keys");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("keys");
    const RunResult result = run(file.scenario, 4);
    ASSERT_EQ(result.outcomes.size(), 3u);
    EXPECT_TRUE(result.outcomes[0].holds) << result.outcomes[0].measured;
    EXPECT_TRUE(result.outcomes[1].holds) << result.outcomes[1].measured;
    EXPECT_FALSE(result.outcomes[2].holds);
    EXPECT_EQ(result.outcomes[2].measured, "4 of 4 do not: n1 does not have it");
}

class TrueExpectation : public testing::TestWithParam<const char*> {};
TEST_P(TrueExpectation, Holds) {
    const RunResult result = judged(GetParam());
    EXPECT_TRUE(result.holds()) << GetParam() << ": " << measured(result);
    ASSERT_EQ(result.outcomes.size(), 1u);
    EXPECT_TRUE(result.outcomes[0].holds);
}
INSTANTIATE_TEST_SUITE_P(Each, TrueExpectation,
                         testing::Values("n3 dead everywhere by 30s", "n4 left everywhere by 50s",
                                         "n3 dead everywhere within 20s after 10s",
                                         "n3 suspect somewhere within 10s after 10s",
                                         "n4 never dead", "n3 never dead to 10s",
                                         "nobody but n3, n5 suspect", "nobody dead from 65s to 80s",
                                         "agreement by 9s", "agreement by 70s", "detect_missed = 0",
                                         "leave_last_s <= 5s", "suspicions between 1 and 20"));

class FalseExpectation : public testing::TestWithParam<const char*> {};
TEST_P(FalseExpectation, IsViolatedWithTheMeasuredValue) {
    const RunResult result = judged(GetParam());
    EXPECT_FALSE(result.holds()) << GetParam();
    ASSERT_EQ(result.violations.size(), 1u);
    EXPECT_EQ(result.violations[0].invariant, "line 6");
    EXPECT_FALSE(result.outcomes.at(0).holds);
    EXPECT_FALSE(measured(result).empty());
}
INSTANTIATE_TEST_SUITE_P(Each, FalseExpectation,
                         testing::Values("n3 dead everywhere by 11s", "n3 alive everywhere by 30s",
                                         "n3 dead everywhere within 1s after 10s",
                                         "n2 suspect somewhere within 60s after 10s",
                                         "n3 never dead", "n4 never left", "nobody suspect",
                                         "nobody but n2 dead",
                                         "n3 never dead from 25s to 30s",  // the state at its start
                                         "agreement by 12s", "detect_last_s <= 1s",
                                         "join_last_s <= 100s"));  // no node joined

TEST(BrokenExpectations, NameTheNodeThatDisagrees) {
    const RunResult result = judged("n3 dead everywhere by 11s");
    EXPECT_NE(measured(result).find("5 of 5 do not: n1 considers n3 alive"), std::string::npos)
        << measured(result);
}

TEST(BrokenExpectations, CanStopTheRun) {
    const ScenarioFile file = read_scenario("run 80s\nexpect n2 dead everywhere by 5s\n", "test");
    const RunResult result = run(file.scenario, 1, {.stop_at_violation = true});
    EXPECT_FALSE(result.holds());
    EXPECT_LT(result.length, std::chrono::seconds{6});
}

}  // namespace
}  // namespace rollcall::sim
