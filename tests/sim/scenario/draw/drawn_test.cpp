// SPDX-License-Identifier: Apache-2.0
//
// Scenarios drawn from seeds: reproducible, valid, varied, and readable as files.
#include "sim/scenario/draw/drawn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "sim/scenario/language/check.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/write.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kDrawnSeeds = 400;

TEST(Drawn, EachSeedHasItsOwnScenario) {
    std::set<std::string> texts;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const std::string text = write_scenario(draw(seed));
        EXPECT_EQ(text, write_scenario(draw(seed)));
        texts.insert(text);
    }
    EXPECT_EQ(texts.size(), 50u);
}

TEST(Drawn, EveryScenarioIsValidAndHeals) {
    for (std::uint64_t seed = 1; seed <= kDrawnSeeds; ++seed) {
        const Scenario scenario = draw(seed);
        EXPECT_EQ(check(scenario), "") << seed;
        EXPECT_TRUE(std::ranges::is_sorted(scenario.steps, {}, &Step::at)) << seed;
        EXPECT_GT(scenario.healing, Duration{}) << seed;
        EXPECT_GE(scenario.length, scenario.steps.back().at) << seed;
    }
}

TEST(Drawn, AllActionsAndOptionsOccur) {
    std::set<std::size_t> kinds;
    unsigned fewest = 99, most = 0;
    bool serf = false, encrypted = false, alone = false, stopped = false;
    bool fast = false, mixed = false;
    for (std::uint64_t seed = 1; seed <= kDrawnSeeds; ++seed) {
        const Scenario scenario = draw(seed);
        for (const DrawKind kind :
             {DrawKind::faults, DrawKind::serf_traffic, DrawKind::lost_leaves, DrawKind::attacks}) {
            for (const Step& step : draw(seed, {.kind = kind}).steps) {
                kinds.insert(step.what.index());
            }
        }
        fewest = std::min(fewest, scenario.nodes);
        most = std::max(most, scenario.nodes);
        serf |= scenario.serf;
        encrypted |= scenario.encrypted;
        alone |= scenario.beginning == Beginning::alone;
        stopped |= scenario.beginning == Beginning::stopped;
        fast |= scenario.profile.fast_verdicts && scenario.published.empty();
        mixed |= scenario.profile.fast_verdicts && !scenario.published.empty();
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<Action>);
    EXPECT_EQ(fewest, DrawLimits::kFewest);
    EXPECT_GT(most, 40u);
    EXPECT_TRUE(serf && encrypted && alone && stopped && fast && mixed);
}

TEST(Drawn, TheNumberOfNodesIsWithinItsLimits) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        EXPECT_EQ(draw(seed, {.fewest_nodes = 7, .most_nodes = 7}).nodes, 7u);
        const unsigned nodes = draw(seed, {.fewest_nodes = 5, .most_nodes = 12}).nodes;
        EXPECT_TRUE(nodes >= 5 && nodes <= 12) << nodes;
    }
}

TEST(Written, ADrawnScenarioIsReadBackUnchanged) {
    for (std::uint64_t seed = 1; seed <= kDrawnSeeds; ++seed) {
        const DrawKind kind = seed % 10 == 0 ? DrawKind::serf_traffic : DrawKind::faults;
        Scenario scenario = draw(seed, {.kind = kind});
        scenario.seed = seed;
        scenario.hash = seed * 0x123456789abcdef;
        const std::string text = write_scenario(scenario);
        const ScenarioFile read = read_scenario(text, scenario.name);
        for (const Problem& problem : read.problems) ADD_FAILURE() << problem.to_string() << text;
        ASSERT_EQ(write_scenario(read.scenario), text);
        EXPECT_EQ(read.scenario.seed, seed);
        EXPECT_EQ(read.scenario.hash, scenario.hash);
    }
}

TEST(Written, ADrawnScenarioAndItsFileHaveTheSameRun) {
    for (const std::uint64_t seed : {3u, 5u, 8u}) {
        const Scenario scenario = draw(seed, {.fewest_nodes = 3, .most_nodes = 6});
        const ScenarioFile read = read_scenario(write_scenario(scenario), scenario.name);
        EXPECT_EQ(run(scenario, seed).hash, run(read.scenario, seed).hash) << seed;
    }
}

TEST(Written, EveryLatencyDistributionIsReadBack) {
    const Duration quantiles[] = {1ms, 2ms, 40ms};
    for (const Latency& latency :
         {*Latency::constant(3ms), *Latency::uniform(1ms, 2ms), *Latency::log_normal(2ms, 30ms),
          *Latency::empirical(quantiles)}) {
        Scenario scenario;
        scenario.length = 10s;
        scenario.links.latency = latency;
        const std::string text = write_scenario(scenario);
        const ScenarioFile read = read_scenario(text, "latency");
        EXPECT_TRUE(read.problems.empty()) << text;
        Rng one{1}, other{1};
        const LinkQuality& links = read.scenario.links;
        const Latency again = links.latency
                                  ? *links.latency
                                  : *Latency::uniform(links.latency_min, links.latency_max);
        for (int i = 0; i < 100; ++i) EXPECT_EQ(latency.draw(one), again.draw(other)) << text;
    }
}

}  // namespace
}  // namespace rollcall::sim
