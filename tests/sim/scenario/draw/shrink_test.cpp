// SPDX-License-Identifier: Apache-2.0
//
// A failing schedule is reduced to what makes it fail.
#include "sim/scenario/draw/shrink.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

// One crash among eight nodes and many harmless steps, with the expectation that no member dies.
Scenario a_crash_in_a_crowd() {
    Scenario scenario;
    scenario.nodes = 8;
    scenario.wake_delay = 3ms;
    scenario.encrypted = true;
    scenario.length = 60s;
    for (std::uint32_t n = 1; n <= 6; ++n) {
        scenario.steps.push_back({.at = n * 1s, .what = action::UpdateMeta{{n, n + 1}}});
    }
    scenario.steps.push_back({.at = 8s, .what = action::Crash{{5}}});
    scenario.steps.push_back({.at = 9s, .what = action::Join{.who = {2, 6}, .via = 8}});
    scenario.expectations = {
        {.what = expect::Never{.about = {}, .state = State::dead, .from = {}, .to = 40s},
         .text = "nobody dead",
         .line = 3}};
    return scenario;
}

TEST(Shrink, OnlyTheCrashIsLeft) {
    const auto shrunk = shrink(a_crash_in_a_crowd(), 4, {.invariant = "line 3"});
    ASSERT_TRUE(shrunk);
    const Scenario& small = shrunk->scenario;
    ASSERT_EQ(small.steps.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<action::Crash>(small.steps[0].what));
    EXPECT_EQ(small.nodes, 2u);
    EXPECT_FALSE(small.encrypted);
    EXPECT_EQ(small.wake_delay, Duration{});
    EXPECT_LE(small.steps[0].at, 2s);
    EXPECT_EQ(shrunk->violation.invariant, "line 3");
    // The run of that seed violates that expectation.
    ASSERT_TRUE(small.seed);
    EXPECT_EQ(run(small, *small.seed).violations.at(0).invariant, "line 3");
}

TEST(Shrink, AScenarioThatHoldsIsNotShrunk) {
    Scenario scenario = a_crash_in_a_crowd();
    EXPECT_FALSE(shrink(scenario, 4, {.invariant = "line 99"}));
    scenario.expectations.clear();
    EXPECT_FALSE(shrink(scenario, 4, {}));
}

TEST(Shrink, TheNumberOfRunsIsBounded) {
    const auto shrunk = shrink(a_crash_in_a_crowd(), 4, {.most_runs = 5});
    ASSERT_TRUE(shrunk);
    EXPECT_LE(shrunk->runs, 5u);
}

TEST(Shrink, ARemovedNodeIsRemovedFromEveryStep) {
    Scenario scenario;
    scenario.nodes = 5;
    scenario.published = {1, 3, 4};
    scenario.steps = {{.at = 1s, .what = action::Crash{{3}}},
                      {.at = 2s, .what = action::Join{.who = {2, 3, 5}, .via = 4}},
                      {.at = 3s, .what = action::Partition{{{1, 3}, {4, 5}}}},
                      {.at = 4s, .what = action::Cut{.from = {3}, .to = {1}}},
                      {.at = 5s, .what = action::Join{.who = {5}, .via = 3}}};
    const Scenario smaller = without_node(scenario, 3);
    EXPECT_EQ(smaller.nodes, 4u);
    EXPECT_EQ(smaller.published, (Nodes{1, 3}));
    ASSERT_EQ(smaller.steps.size(), 3u);
    const auto& join = std::get<action::Join>(smaller.steps[0].what);
    EXPECT_EQ(join.who, (Nodes{2, 4}));
    EXPECT_EQ(join.via, 3u);
    EXPECT_EQ(std::get<action::Partition>(smaller.steps[1].what).groups,
              (std::vector<Nodes>{{1}, {3, 4}}));
    EXPECT_EQ(std::get<action::Join>(smaller.steps[2].what).via, 1u);
}

}  // namespace
}  // namespace rollcall::sim
