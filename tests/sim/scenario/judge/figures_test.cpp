// SPDX-License-Identifier: Apache-2.0
//
// Figures: counted by hand in small runs, and false accusations distinguished from true ones.
#include "sim/scenario/judge/figures.h"
#include "sim/scenario/language/figure_words.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/scenario/judge/spread.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

std::map<std::string, double> figures_of(const std::string& text, std::uint64_t seed = 1) {
    const ScenarioFile file = read_scenario(text, "test");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("test");
    return run(file.scenario, seed).figures;
}

TEST(Figures, OfAQuietClusterAreItsBaseTraffic) {
    const auto f = figures_of("nodes 10\nrun 100s\n");
    EXPECT_NEAR(f.at("probes"), 1000, 20);            // one each second and node
    EXPECT_NEAR(f.at("packets_per_s_mean"), 2, 0.3);  // pings, acks, the last gossip of joining
    EXPECT_GE(f.at("packets_per_s_max"), f.at("packets_per_s_mean"));
    EXPECT_EQ(f.at("probes_failed"), 0);
    EXPECT_EQ(f.at("suspicions"), 0);
    EXPECT_EQ(f.at("datagrams_lost"), 0);
    EXPECT_GT(f.at("push_pulls"), 0);
    EXPECT_FALSE(f.contains("detect_news"));
}

TEST(Figures, ChangesAreCountedByReceivers) {
    const auto f = figures_of(
        "nodes 10\nrun 120s\nat 10s crash n2\nat 40s kill n3\nat 60s update n4..n5\n"
        "at 80s leave n6\nat 100s start n2\n");
    EXPECT_EQ(f.at("detect_news"), 2);
    EXPECT_EQ(f.at("detect_missed"), 0);
    EXPECT_EQ(f.at("update_news"), 2);
    EXPECT_EQ(f.at("update_missed"), 0);
    EXPECT_EQ(f.at("leave_news"), 1);
    EXPECT_EQ(f.at("leave_missed"), 0);
    EXPECT_EQ(f.at("join_news"), 1);
    EXPECT_EQ(f.at("join_missed"), 0);
    for (const char* kind : {"detect", "update", "leave", "join"}) {
        const std::string name{kind};
        EXPECT_GT(f.at(name + "_first_s"), 0) << kind;
        EXPECT_LE(f.at(name + "_first_s"), f.at(name + "_last_s")) << kind;
        EXPECT_LE(f.at(name + "_median_s"), f.at(name + "_p99_s")) << kind;
        EXPECT_LE(f.at(name + "_p99_s"), f.at(name + "_last_s")) << kind;
    }
    EXPECT_EQ(f.at("false_failures"), 0);
}

TEST(Figures, AnAccusationOfAPausedNodeIsNotFalse) {
    const auto f = figures_of("nodes 10\nrun 120s\nat 60s pause n2 for 30s\n");
    EXPECT_GT(f.at("failures"), 0);
    EXPECT_EQ(f.at("false_failures"), 0);
    EXPECT_EQ(f.at("false_suspicions"), 0);
}

TEST(Figures, AnAccusationAcrossAPartitionIsNotFalse) {
    const auto f = figures_of("nodes 10\nrun 120s\nat 60s partition n1..n4 for 30s\n");
    EXPECT_GT(f.at("failures"), 0);
    EXPECT_EQ(f.at("false_failures"), 0);
}

TEST(Figures, AnAccusationOverABadNetworkIsFalse) {
    const auto f = figures_of("nodes 10\nrun 120s\nlinks loss 85%\n");
    EXPECT_GT(f.at("false_suspicions"), 0);
    EXPECT_GE(f.at("false_suspicions"), f.at("false_suspicions_at_healthy"));
    EXPECT_GT(f.at("false_suspicions_at_healthy"), 0);
    EXPECT_NEAR(f.at("datagrams_lost"), 0.85, 0.02);
    EXPECT_GT(f.at("health_score_max"), 0);
}

TEST(Figures, AreAllDocumented) {
    const auto f = figures_of("nodes 5\nrun 60s\nat 10s crash n2\nat 30s update n1\n");
    for (const auto& [name, _] : f) EXPECT_NE(figure_word(name), nullptr) << name;
}

TEST(Spread, MeasuresFromTheChangeToEachListener) {
    using namespace std::chrono_literals;
    Spread spread;
    spread.begin("a", 10s, {1, 2, 3, 4});
    spread.learned("a", 2, 12s);
    spread.learned("a", 2, 15s);  // known already
    spread.learned("b", 3, 15s);  // no such change
    spread.learned("a", 3, 16s);
    spread.drop_listener(4);
    std::map<std::string, double> figures;
    spread.report("x", figures);
    EXPECT_EQ(figures.at("x_news"), 1);
    EXPECT_EQ(figures.at("x_first_s"), 2);
    EXPECT_EQ(figures.at("x_last_s"), 6);
    EXPECT_EQ(figures.at("x_missed"), 1);  // 1 did not learn of it
    spread.end("a");
    spread.begin("b", 20s, {1, 2});
    spread.begin("b", 21s, {1, 2});  // the next before any listener learned it
    spread.begin("c", 21s, {});      // no listener: nothing was missed
    spread.end("b");
    spread.end("c");
    spread.report("x", figures);
    EXPECT_EQ(figures.at("x_missed"), 0);
    EXPECT_EQ(figures.at("x_news"), 4);
    EXPECT_EQ(figures.at("x_overtaken"), 2);
}

TEST(Quantiles, AreValuesOfTheSample) {
    EXPECT_EQ(quantile({5, 1, 3}, 0), 1);
    EXPECT_EQ(quantile({5, 1, 3}, 0.5), 3);
    EXPECT_EQ(quantile({5, 1, 3}, 1), 5);
    EXPECT_EQ(quantile({7}, 0.99), 7);
}

}  // namespace
}  // namespace rollcall::sim
