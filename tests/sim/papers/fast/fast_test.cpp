// SPDX-License-Identifier: Apache-2.0
//
// The comparison of our own profiles: which runs it consists of, what ails its members, and what
// one run counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/papers/fast/illness.h"
#include "sim/papers/fast/measures.h"
#include "sim/papers/fast/network.h"
#include "sim/papers/fast/pauses.h"
#include "sim/papers/fast/run.h"
#include "sim/papers/fast/tables.h"
#include "sim/papers/fast/worlds.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Scale kOneSeed{.effort = Scale::Effort::quick};

const DetectionWorld& world(std::string_view id) {
    return *std::ranges::find(detection_worlds(), id, &DetectionWorld::id);
}
WorldJob published_job(unsigned members) {
    return {.profile = &usual_profiles()[0], .members = members, .repetition = 0};
}

TEST(FastWorlds, LargeClustersAreRunFirstAndNotQuickly) {
    const auto jobs = world_jobs(world("D1"), {});
    EXPECT_EQ(jobs.front().members, 10'000u);
    EXPECT_TRUE(std::ranges::is_sorted(jobs, std::greater{}, &WorldJob::members));
    EXPECT_EQ(std::ranges::count(jobs, 10'000u, &WorldJob::members), 3) << "one seed per profile";
    EXPECT_EQ(world_jobs(world("D1"), kOneSeed).front().members, 128u);
    const auto many = world_jobs(world("D1"), {.reps = 7});
    EXPECT_EQ(std::ranges::count(many, 32u, &WorldJob::members), 21);
    EXPECT_EQ(std::ranges::count(many, 10'000u, &WorldJob::members), 3);
}

TEST(FastWorlds, BarsAreAboutSizesAndProfilesOfTheirWorld) {
    std::size_t bars = 0;
    for (const DetectionWorld& each : detection_worlds()) {
        EXPECT_FALSE(bars_of(each).empty()) << each.id;
        bars += bars_of(each).size();
    }
    EXPECT_GT(bars, 70u);
    EXPECT_THAT(words_for(bars_of(world("D12"))), HasSubstr("failures of sick members none"));
    EXPECT_THAT(words_for(bars_of(world("D7"))),
                HasSubstr("FP at healthy at most 0.05 times that of lan as published"));
}

TEST(FastWorlds, AMeasurementKeepsAnOutcome) {
    const WorldOutcome outcome{.node_hours = 1.5,
                               .false_positives = 2,
                               .at_healthy = 1,
                               .of_sick = 3,
                               .false_suspicions = 4,
                               .packets = 5,
                               .bytes = 6,
                               .streams = 7,
                               .first = {1, 2},
                               .all = {3, 4}};
    const Measurement m = outcome.measurement();
    EXPECT_EQ(WorldOutcome::of(m).measurement(), m);
    WorldOutcome twice = outcome;
    twice.add(outcome);
    EXPECT_EQ(twice.all.size(), 4u);
    EXPECT_EQ(value_of(Measure::of_sick, twice), 200) << "for 100 node-hours";
    EXPECT_EQ(value_of(Measure::all_median, twice), 3.5);
}

TEST(FastWorlds, ARunMeasuresFourDeaths) {
    const WorldOutcome outcome = run_world(world("D1"), published_job(32));
    ASSERT_EQ(outcome.first.size(), 4u);
    ASSERT_EQ(outcome.all.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_GT(outcome.first[i], 3);
        EXPECT_LE(outcome.first[i], outcome.all[i]);
        EXPECT_LT(outcome.all[i], 30);
    }
    EXPECT_EQ(outcome.false_positives + outcome.of_sick, 0);
    EXPECT_NEAR(outcome.node_hours, (28 * 170 + 20 + 50 + 80 + 110) / 3600.0, 1e-6);
    EXPECT_EQ(run_world(world("D1"), published_job(32)).measurement(), outcome.measurement());
}

TEST(FastWorlds, OnlyTheAilingAreSick) {
    const WorldOutcome outcome = run_world(world("D9"), published_job(32));
    EXPECT_GT(outcome.of_sick, 0) << "15 s without a network are too long";
    EXPECT_EQ(outcome.first.size(), 4u);
}

TEST(FastWorlds, AMassCrashTakesThirtyInAHundred) {
    const WorldOutcome outcome = run_world(world("D11"), published_job(32));
    EXPECT_EQ(outcome.all.size(), 9u);
}

TEST(FastTables, HaveALineForEachSizeAndProfile) {
    const std::vector<WorldCell> cells = {
        {.members = 32,
         .profile = &usual_profiles()[2],
         .outcome = {.node_hours = 1, .packets = 7200, .first = {2.04}, .all = {2.26, 2.5}}}};
    EXPECT_THAT(world_table(cells),
                HasSubstr("| 32 | fast | 2.0 / 2.0 | 2.4 / 2.5 | 0 | 0 | 0 | 0 | 2.0 | 0 | 0 |\n"));
}

TEST(FastPauses, ALongOneIsFatalAndAShortOneIsNot) {
    const auto dead = [](Absence absence, Duration length) {
        return run_pauses({.profile = &usual_profiles()[0],
                           .absence = absence,
                           .length = length,
                           .repetition = 0});
    };
    EXPECT_EQ(dead(Absence::stopped, 1s), 0);
    EXPECT_EQ(dead(Absence::restarted, 1s), 0);
    EXPECT_GE(dead(Absence::frozen, 25s), 3);
}

class FastIllness : public ::testing::Test {
protected:
    FastIllness() { begin_in_peace(cluster); }

    SimCluster<membership::Node> cluster{
        comparison_cluster(usual_profiles()[0], 6, 5, comparison_links())};
    Ward ward{cluster, 5};
};

TEST_F(FastIllness, EndsWithoutATrace) {
    using Kind = Illness::Kind;
    for (const Kind kind : {Kind::stopped, Kind::frozen, Kind::slow, Kind::deaf, Kind::mute,
                            Kind::isolated, Kind::cut_from_half, Kind::cut_from_most}) {
        ward.fall_ill(2, kind);
        cluster.run_for(1s);
        ward.recover(2, kind);
        for (std::size_t i = 0; i < cluster.nodes().size(); ++i) {
            if (i == 2) continue;
            const HostId here = cluster.nodes()[2]->host();
            const HostId there = cluster.nodes()[i]->host();
            EXPECT_FALSE(cluster.network().links().silent(here, there));
            EXPECT_FALSE(cluster.network().links().silent(there, here));
        }
        EXPECT_FALSE(cluster.nodes()[2]->paused());
        EXPECT_TRUE(cluster.converges(60s)) << static_cast<int>(kind);
    }
}

TEST_F(FastIllness, CutsOffTheStatedShare) {
    const auto cut_off = [&] {
        std::size_t count = 0;
        const HostId here = cluster.nodes()[0]->host();
        for (std::size_t i = 1; i < cluster.nodes().size(); ++i) {
            const HostId there = cluster.nodes()[i]->host();
            if (cluster.network().links().silent(here, there)) ++count;
        }
        return count;
    };
    ward.fall_ill(0, Illness::Kind::cut_from_most);
    EXPECT_EQ(cut_off(), 4u);
    ward.recover(0, Illness::Kind::cut_from_most);
    ward.fall_ill(0, Illness::Kind::cut_from_half);
    EXPECT_EQ(cut_off(), 2u);
}

TEST_F(FastIllness, ComesInTurns) {
    ward.afflict({1}, {Illness::Kind::stopped, 2s, 3s});
    Duration ill{};
    for (int i = 0; i < 1000; ++i) {
        cluster.run_for(100ms);
        if (cluster.nodes()[1]->paused()) ill += 100ms;
    }
    EXPECT_NEAR(std::chrono::duration<double>(ill).count(), 40, 3);
}

TEST(FastNetwork, HalfOfAMixedClusterIsAsPublished) {
    SimCluster<membership::Node> cluster{
        comparison_cluster(mixed_profiles().back(), 5, 1, comparison_links())};
    for (std::size_t i = 0; i < 5; ++i) {
        const membership::Config& config = cluster.nodes()[i]->config();
        EXPECT_EQ(config.variant.looking, i % 2 == 0);
        EXPECT_EQ(config.fast_verdicts, i % 2 == 0);
        EXPECT_EQ(place_of(config.name), i);
    }
}

}  // namespace
}  // namespace rollcall::sim::papers
