// SPDX-License-Identifier: Apache-2.0
//
// Swarms: the same result on any number of threads and machines, a stop at the first violation; and
// no drawn scenario breaks the core.
#include "sim/scenario/draw/swarm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "sim/scenario/draw/swarm_report.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

SwarmOptions small_swarm() {
    return {.seeds = 24, .limits = {.fewest_nodes = 3, .most_nodes = 5}, .twice_every = 8};
}

// A node crashes; unless `expected`, the scenario expects that no member dies.
Scenario crash_unless(bool expected) {
    Scenario scenario;
    scenario.nodes = 3;
    scenario.steps = {{.at = 1s, .what = action::Crash{{3}}}};
    scenario.length = 20s;
    if (!expected) {
        scenario.expectations = {
            {.what = expect::Never{.about = {}, .state = State::dead, .from = {}, .to = 20s},
             .text = "nobody dead",
             .line = 7}};
    }
    return scenario;
}

TEST(Swarm, TwoHundredDrawnScenariosHold) {
    const SwarmResult result =
        run_swarm({.seeds = 200, .threads = std::max(1u, std::thread::hardware_concurrency())});
    EXPECT_EQ(result.done, 200u);
    EXPECT_EQ(result.twice, 4u);
    for (const SwarmFailure& failure : result.failures) {
        for (const Violation& v : failure.violations) {
            ADD_FAILURE() << "seed " << failure.seed << ": " << v.invariant << ": " << v.what;
        }
    }
}

TEST(Swarm, TheHashDoesNotDependOnThreads) {
    SwarmOptions options = small_swarm();
    const SwarmResult alone = run_swarm(options);
    for (const unsigned threads : {2u, 5u}) {
        options.threads = threads;
        const SwarmResult together = run_swarm(options);
        EXPECT_EQ(together.hash, alone.hash);
        EXPECT_EQ(together.events, alone.events);
        EXPECT_EQ(together.done, 24u);
        EXPECT_EQ(together.twice, 3u);
    }
    options.from = 2;
    EXPECT_NE(run_swarm(options).hash, alone.hash);
}

TEST(Swarm, ShardsMergeToTheWhole) {
    SwarmOptions options = small_swarm();
    const SwarmResult whole = run_swarm(options);
    std::vector<SwarmResult> parts;
    options.shards = 5;  // does not divide 24
    for (options.shard = 1; options.shard <= 5; ++options.shard) {
        const auto read = swarm_from_json(to_json(run_swarm(options)));
        ASSERT_TRUE(read) << read.error();
        parts.push_back(*read);
    }
    const auto merged = merge(parts);
    ASSERT_TRUE(merged) << merged.error();
    EXPECT_EQ(merged->hash, whole.hash);
    EXPECT_EQ(merged->done, 24u);
    EXPECT_EQ(merged->events, whole.events);
    EXPECT_EQ(merged->twice, whole.twice);

    parts.push_back(parts.front());
    EXPECT_EQ(merge(parts).error(), "shard 1 is given twice");
    parts.resize(4);
    EXPECT_EQ(merge(parts).error(), "shard 5 of 5 is missing");
    options.seeds = 25;
    options.shard = 5;
    parts.push_back(run_swarm(options));
    EXPECT_NE(merge(parts).error().find("different swarms"), std::string::npos);
}

TEST(Swarm, StopsAtTheFirstViolation) {
    for (const unsigned threads : {1u, 4u}) {
        const SwarmResult result =
            run_swarm({.seeds = 2000,
                       .threads = threads,
                       .scenario = [](std::uint64_t seed, const DrawLimits&) {
                           return crash_unless(seed < 7 || seed == 8);
                       }});
        EXPECT_FALSE(result.holds());
        EXPECT_LT(result.done, 100u);
        ASSERT_EQ(result.failures.size(), 1u);
        EXPECT_EQ(result.failures[0].seed, 7u);
        EXPECT_EQ(result.failures[0].violations[0].invariant, "line 7");
    }
}

TEST(Swarm, ContinuesAndCountsViolations) {
    const SwarmResult result = run_swarm({.seeds = 20,
                                          .threads = 2,
                                          .stop_at_violation = false,
                                          .scenario = [](std::uint64_t seed, const DrawLimits&) {
                                              return crash_unless(seed % 5 != 0);
                                          }});
    EXPECT_EQ(result.done, 20u);
    EXPECT_EQ(result.broken, (std::map<std::string, std::uint64_t>{{"line 7", 4}}));
    ASSERT_EQ(result.failures.size(), 4u);
    EXPECT_EQ(result.failures[3].seed, 20u);
    const auto read = swarm_from_json(to_json(result));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(to_json(*read), to_json(result));
}

TEST(Swarm, AnInvalidResultIsRefusedWithTheReason) {
    const std::string good = to_json(
        run_swarm({.seeds = 1, .scenario = [](auto, const auto&) { return crash_unless(true); }}));
    ASSERT_TRUE(swarm_from_json(good));
    const auto with = [&](const std::string& old, const std::string& text) {
        const std::size_t at = good.find(old);
        EXPECT_NE(at, std::string::npos) << old;
        const auto read = swarm_from_json(std::string{good}.replace(at, old.size(), text));
        return read ? std::string{"accepted"} : read.error();
    };
    EXPECT_EQ(with("\"seeds\": 1", "\"seeds\": -1"),
              "seeds is -1; allowed is a whole number from 1 to 18446744073709551615");
    EXPECT_EQ(with("\"done\"", "\"dones\""), "done is missing");
    EXPECT_EQ(with("\"from\": \"1\"", "\"from\": \"one\""),
              "from is \"one\"; allowed is digits as text");
    EXPECT_EQ(with("\"swarm\": 1", "\"swarm\": 2"),
              "swarm is 2; allowed is a whole number from 1 to 1");
    EXPECT_EQ(with("{", ""), "not JSON; expected what 'swarm --out' wrote");
    EXPECT_EQ(swarm_from_json("[]").error(), "expected an object");
}

}  // namespace
}  // namespace rollcall::sim
