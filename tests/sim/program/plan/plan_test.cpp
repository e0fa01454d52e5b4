// SPDX-License-Identifier: Apache-2.0
#include "sim/program/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/program/plan/plan_output.h"

namespace rollcall::sim {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kSmallCrash =
    "# One of six vanishes.\n"
    "nodes 6\n"
    "run 20s\n"
    "healing 10s\n"
    "at 2s crash n3\n";

std::string refused(const std::string& vary) {
    Problem problem;
    EXPECT_FALSE(parse_vary(vary, problem)) << vary;
    return problem.to_string();
}

Vary taken(const std::string& text) {
    Problem problem;
    const auto vary = parse_vary(text, problem);
    EXPECT_TRUE(vary) << problem.to_string();
    return vary.value_or(Vary{});
}

std::vector<PlanPoint> points_of(const std::vector<std::string>& texts) {
    std::vector<Vary> varies;
    for (const std::string& text : texts) varies.push_back(taken(text));
    PlanPoints plan = plan_points(kSmallCrash, "small", {}, varies);
    EXPECT_TRUE(plan.problems.empty()) << plan.problems.front().to_string();
    return std::move(plan.points);
}

TEST(PlanVary, ParsesAListOfValues) {
    const Vary vary = taken("probe_interval=500ms,1s");
    EXPECT_EQ(vary.name, "probe_interval");
    EXPECT_EQ(vary.values, (std::vector<std::string>{"500ms", "1s"}));
}

TEST(PlanVary, ReportsWhatIsAllowed) {
    EXPECT_THAT(refused("probe_interval"), HasSubstr("NAME=VALUE,VALUE"));
    EXPECT_THAT(refused("=1"), HasSubstr("NAME=VALUE,VALUE"));
    EXPECT_THAT(refused("probe_intervall=1s"), HasSubstr("did you mean 'probe_interval'?"));
    EXPECT_THAT(refused("gossip=1s"), HasSubstr("nodes, loss, "));
    EXPECT_THAT(refused("nodes=3,,5"), HasSubstr("--vary nodes: nothing given"));
    EXPECT_THAT(refused("nodes=3,3"), HasSubstr("each once"));
    EXPECT_THAT(refused("nodes=3,many"), HasSubstr("'many' is not allowed; allowed: a count"));
    EXPECT_THAT(refused("nodes=0"), HasSubstr("a count from 1"));
    EXPECT_THAT(refused("loss=2"), HasSubstr("a share from 0% to 100%"));
}

TEST(PlanPoints, AreAllCombinationsInOrder) {
    const auto points = points_of({"suspicion_mult=3,5", "loss=0%,2%"});
    ASSERT_EQ(points.size(), 4u);
    EXPECT_EQ(point_name(points[0]), "suspicion_mult=3 loss=0%");
    EXPECT_EQ(point_name(points[1]), "suspicion_mult=3 loss=2%");
    EXPECT_EQ(point_name(points[3]), "suspicion_mult=5 loss=2%");
    EXPECT_EQ(points[3].scenario.profile.suspicion_mult, 5u);
    EXPECT_DOUBLE_EQ(points[3].scenario.links.loss, 0.02);
    EXPECT_EQ(points[3].scenario.nodes, 6u);
}

TEST(PlanPoints, AnInvalidValueIsReportedWithItsRange) {
    const PlanPoints plan =
        plan_points(kSmallCrash, "small", {}, {taken("suspicion_mult=4,quick")});
    ASSERT_FALSE(plan.problems.empty());
    EXPECT_THAT(plan.problems.front().to_string(), HasSubstr("suspicion_mult: 'quick'"));
    const PlanPoints range = plan_points(kSmallCrash, "small", {}, {taken("probe_interval=1ms")});
    ASSERT_FALSE(range.problems.empty());
    EXPECT_THAT(range.problems.front().to_string(), HasSubstr("probe_interval"));
    const PlanPoints nodes = plan_points(kSmallCrash, "small", {}, {taken("nodes=6,2")});
    ASSERT_FALSE(nodes.problems.empty()) << "n3 crashes but does not exist";
}

TEST(PlanPoints, AreBounded) {
    std::string values = "suspicion_mult=";
    for (int i = 1; i <= 40; ++i) values += (i > 1 ? "," : "") + std::to_string(i);
    std::string others = "retransmit_mult" + values.substr(values.find('='));
    const PlanPoints plan = plan_points(kSmallCrash, "small", {}, {taken(values), taken(others)});
    ASSERT_EQ(plan.problems.size(), 1u);
    EXPECT_THAT(plan.problems[0].to_string(), HasSubstr("1600 combinations"));
}

TEST(Plan, DoesNotDependOnThreads) {
    const auto points = points_of({"probe_interval=500ms,1s"});
    const PlanOptions one{.seed = 4, .seeds = 2, .threads = 1};
    PlanOptions three = one;
    three.threads = 3;
    std::size_t reported = 0;
    three.progress = [&](std::size_t done, std::size_t all) {
        EXPECT_GT(done, reported);
        EXPECT_EQ(all, 4u);
        reported = done;
    };
    const auto figures = run_plan(points, one);
    const PlanReport a{points[0].scenario, points, figures, one, 1};
    const auto again = run_plan(points, three);
    const PlanReport b{points[0].scenario, points, again, one, 1};
    EXPECT_EQ(plan_json(a), plan_json(b));
    EXPECT_EQ(reported, 4u);
}

TEST(Plan, ProbingMoreOftenDetectsSoonerAndCostsMore) {
    const auto points = points_of({"probe_interval=500ms,2s"});
    const PlanOptions options{.seeds = 4, .threads = 2};
    const auto figures = run_plan(points, options);
    ASSERT_EQ(figures.size(), 2u);
    ASSERT_TRUE(figures[0].all_s && figures[1].all_s);
    EXPECT_LT(*figures[0].first_s, *figures[1].first_s);
    EXPECT_LE(*figures[0].first_s, *figures[0].median_s);
    EXPECT_LE(*figures[0].median_s, *figures[0].all_s);
    EXPECT_GT(figures[0].packets_median, figures[1].packets_median);
    EXPECT_GE(figures[0].packets_p99, figures[0].packets_median);
    EXPECT_GT(figures[0].bytes_median, figures[0].packets_median);
    EXPECT_EQ(figures[0].runs, 4u);
    EXPECT_NEAR(figures[0].node_hours, 4 * 6 * 20 / 3600.0, 1e-9);

    const Json json = Json::parse(plan_json({points[0].scenario, points, figures, options, 1}));
    ASSERT_EQ(json["points"].size(), 2u);
    EXPECT_EQ(json["points"][1]["values"]["probe_interval"], "2s");
    EXPECT_EQ(json["points"][0]["detect_last_s"], *figures[0].all_s);
    const std::string text =
        plan_text({points[0].scenario, points, figures, options, 1}, Console{});
    EXPECT_THAT(text, HasSubstr("probe_interval"));
    EXPECT_THAT(text, HasSubstr("8 runs"));
    EXPECT_THAT(text, HasSubstr("differs from an agent: core membership (agent: core serf), "));
}

// Observed for long enough to compare alarms.
PlanFigures observed_long(double all_s, std::uint64_t false_failures, double bytes) {
    return {.runs = 1,
            .all_s = all_s,
            .node_hours = 2000,
            .false_failures = false_failures,
            .bytes_median = bytes};
}
PlanFigures observed_briefly(double all_s, double bytes) {
    PlanFigures f = observed_long(all_s, 0, bytes);
    f.node_hours = 4;
    f.runs = 5;
    return f;
}

// A setting that varies is not named as a difference; no dash stands for a missing time.
TEST(Plan, NamesOnlyTheCommonDifferencesFromAnAgent) {
    const auto points = points_of({"dead_node_reclaim=0s,5s"});
    const std::vector<PlanFigures> figures(2);
    const std::string text =
        plan_text({points[0].scenario, points, figures, PlanOptions{}, 1}, Console{});
    EXPECT_THAT(text, HasSubstr("differs from an agent: core membership (agent: core serf)\n"));
    EXPECT_THAT(text, HasSubstr("none"));
    EXPECT_THAT(text, testing::Not(HasSubstr(" - ")));
    const auto alike = points_of({"suspicion_mult=3,4"});
    EXPECT_THAT(plan_text({alike[0].scenario, alike, figures, PlanOptions{}, 1}, Console{}),
                HasSubstr("dead_node_reclaim 0s (agent: 2s)"));
}
TEST(PlanRates, BoundTheRateOfACount) {
    EXPECT_NEAR(rate_bounds(0, 10).high, 0.2996, 1e-4);  // the rule of three
    EXPECT_EQ(rate_bounds(0, 10).low, 0);
    // Exact values of the Poisson distribution.
    EXPECT_NEAR(rate_bounds(1, 1).high, 4.744, 0.02);
    EXPECT_NEAR(rate_bounds(5, 1).low, 1.970, 0.02);
    EXPECT_NEAR(rate_bounds(5, 1).high, 10.513, 0.02);
    EXPECT_NEAR(rate_bounds(100, 2).low, 84.14 / 2, 0.1);
    EXPECT_NEAR(rate_bounds(100, 2).high, 118.08 / 2, 0.1);
    EXPECT_TRUE(std::isinf(rate_bounds(0, 0).high));
}

TEST(PlanAdvice, NamesTheDominatingValue) {
    const auto points = points_of({"suspicion_mult=3,4,5"});
    EXPECT_EQ(
        plan_advice(points, {observed_long(9, 40, 100), observed_long(8, 0, 99),
                             observed_long(9, 20, 120)}),
        "suspicion_mult=4 is at least as good as any other in speed, false alarms and traffic.");
}

TEST(PlanAdvice, NamesTheBestValueOfEachGoal) {
    const auto points = points_of({"suspicion_mult=3,4,5"});
    EXPECT_EQ(plan_advice(points, {observed_long(6, 50, 100), observed_long(8, 9, 100),
                                   observed_long(10, 0, 50)}),
              "No value is best in everything: suspicion_mult=3 detects fastest; suspicion_mult=5 "
              "has the fewest false alarms; suspicion_mult=5 has the least traffic.");
}

TEST(PlanAdvice, FewNodeHoursAreNoReasonToChoose) {
    const auto points = points_of({"suspicion_mult=2,4"});
    EXPECT_EQ(
        plan_advice(points, {observed_briefly(6, 100), observed_briefly(9, 101)}),
        "suspicion_mult=2 is at least as good as any other in speed and traffic. 4 node-hours "
        "of each value are too few to compare false alarms: the rate of false failures could "
        "be up to 0.75 per node-hour (95 %). For 1000 node-hours use --seeds 1250.");
}

TEST(PlanAdvice, AlarmsWithinChanceAreNoDifference) {
    const auto points = points_of({"suspicion_mult=3,4"});
    EXPECT_EQ(
        plan_advice(points, {observed_long(6, 2, 100), observed_long(9, 1, 100)}),
        "suspicion_mult=3 is at least as good as any other in speed and traffic. False alarms: "
        "2000 node-hours of each value show no difference; at most 0.0031 false failures per "
        "node-hour (95 %).");
}

TEST(PlanAdvice, NodesAndLossAreNotChosen) {
    const auto points = points_of({"loss=0%,5%", "suspicion_mult=3,4"});
    const std::string advice =
        plan_advice(points, {observed_long(6, 0, 10), observed_long(8, 0, 10),
                             observed_long(6, 30, 10), observed_long(8, 0, 10)});
    EXPECT_THAT(advice,
                HasSubstr("With loss=0%: suspicion_mult=3 is at least as good as any other in "
                          "speed and traffic."));
    EXPECT_THAT(advice,
                HasSubstr("With loss=5%: no value is best in everything: suspicion_mult=3 detects "
                          "fastest; suspicion_mult=4 has the fewest false alarms."));
    const auto sizes = points_of({"nodes=6,9"});
    EXPECT_EQ(plan_advice(sizes, {observed_long(6, 0, 10), observed_long(8, 0, 10)}), "");
}

TEST(PlanAdvice, AMissedDeathIsTheSlowest) {
    const auto points = points_of({"suspicion_mult=3,4"});
    auto lost = observed_long(5, 0, 100);
    lost.missed = 1;
    EXPECT_THAT(
        plan_advice(points, {lost, observed_long(9, 0, 100)}),
        HasSubstr("suspicion_mult=4 is at least as good as any other in speed and traffic."));
}

TEST(PlanAdvice, MakesNoChoiceWithoutDifferences) {
    const auto points = points_of({"suspicion_mult=3,4"});
    EXPECT_EQ(plan_advice(points, {observed_long(10, 0, 1000), observed_long(10.1, 0, 1001)}),
              "These runs show no difference between the values. False alarms: 2000 node-hours of "
              "each value show no difference; at most 0.0015 false failures per node-hour (95 %).");
}

}  // namespace
}  // namespace rollcall::sim
