// SPDX-License-Identifier: Apache-2.0
//
// The runner: steps are executed, runs are reproducible, and expectations are judged.
#include <gtest/gtest.h>

#include <string>

#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

Scenario five_for(Duration length) {
    Scenario scenario;
    scenario.name = "five";
    scenario.nodes = 5;
    scenario.length = length;
    return scenario;
}
void at(Scenario& scenario, Duration when, Action what) {
    scenario.steps.push_back({.at = when, .what = std::move(what)});
}
void expect(Scenario& scenario, decltype(Expectation::what) what) {
    scenario.expectations.push_back({.what = std::move(what), .text = "expected"});
}
std::string report_of(const RunResult& result) {
    std::string text = "seed " + std::to_string(result.seed) + "\n";
    for (const Outcome& o : result.outcomes) text += o.text + ": " + o.measured + "\n";
    for (const Violation& v : result.violations) text += v.invariant + ": " + v.what + "\n";
    return text + result.story;
}

TEST(Running, ACrashIsDetectedAndMeasured) {
    Scenario scenario = five_for(40s);
    at(scenario, 5s, action::Crash{{3}});
    expect(scenario,
           expect::Detected{.about = {3}, .since = 5s, .first_within = 15s, .last_within = 20s});
    expect(scenario, expect::Never{.about = {1, 2, 4, 5}, .state = State::suspect, .to = 40s});
    const RunResult result = run(scenario, 1, {.keep_story = true});
    EXPECT_TRUE(result.holds()) << report_of(result);
    EXPECT_EQ(result.figures.at("detect_news"), 1);
    EXPECT_EQ(result.figures.at("detect_missed"), 0);
    EXPECT_GT(result.figures.at("detect_first_s"), 1);
    EXPECT_LE(result.figures.at("detect_first_s"), result.figures.at("detect_last_s"));
    EXPECT_EQ(result.figures.at("false_failures"), 0);
    EXPECT_EQ(result.length, 40s);
}

TEST(Running, IsReproducibleWithAndWithoutInvariants) {
    Scenario scenario = five_for(30s);
    scenario.links.loss = 0.2;
    scenario.healing = 30s;
    at(scenario, 5s, action::Partition{{{1, 2}}});
    at(scenario, 9s, action::Restart{.who = {4}, .new_address = true});
    const RunResult first = run(scenario, 7, {.keep_story = true});
    const RunResult unwatched = run(scenario, 7, {.invariants = false, .sample_every = 7s});
    EXPECT_EQ(first.hash, unwatched.hash);
    EXPECT_EQ(first.events, unwatched.events);
    EXPECT_NE(first.hash, run(scenario, 8).hash);
}

}  // namespace
}  // namespace rollcall::sim
