// SPDX-License-Identifier: Apache-2.0
//
// The whole page: complete, escaped, and bounded.
#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <string>

#include "sim/program/report/page.h"
#include "sim/program/report/recorder.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr const char* kHostile =
    "</script><script>alert(1)</script><img src=x onerror='a&b\"'>\x1b[2J";

struct ReportedRun {
    Scenario scenario;
    RunResult result;
    Json recorded;
    std::string page;
};

ReportedRun report_of(Scenario scenario) {
    ReportedRun it;
    it.scenario = std::move(scenario);
    ReportRecorder recorder{it.scenario};
    std::array<Observer*, 1> observers{&recorder};
    it.result = run(it.scenario, 7, {.observers = observers});
    it.recorded = recorder.to_json();
    it.page =
        report_page({it.scenario, it.result, 0.5, "rollcall-sim run crash --seed 7"}, it.recorded);
    return it;
}

Scenario a_crash() {
    Scenario scenario;
    scenario.name = "crash";
    scenario.why = "A host that vanishes must be detected.";
    scenario.nodes = 5;
    scenario.length = 30s;
    scenario.steps.push_back({.at = 5s, .what = action::Crash{{3}}});
    return scenario;
}

Json data_of(const std::string& page) {
    const std::string open = "<script type=\"application/json\" id=\"run-data\">";
    const std::size_t begin = page.find(open) + open.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

TEST(ReportPage, ShowsTheRunOfACrash) {
    const ReportedRun it = report_of(a_crash());
    EXPECT_NE(it.page.find("A host that vanishes must be detected."), std::string::npos);
    EXPECT_NE(it.page.find("rollcall-sim run crash --seed 7"), std::string::npos);
    EXPECT_NE(it.page.find(hash_text(it.result.hash)), std::string::npos);

    const Json data = data_of(it.page);
    ASSERT_EQ(data["steps"].size(), 1u);
    EXPECT_EQ(data["steps"][0]["what"], "n3 crashes");
    ASSERT_EQ(data["changes"].size(), 1u);
    EXPECT_EQ(data["changes"][0]["pairs"], 4);
    EXPECT_EQ(data["changes"][0]["learned"], 4);
    // The same as in the figures.
    EXPECT_NEAR(data["changes"][0]["last_s"].get<double>(), it.result.figures.at("detect_last_s"),
                1e-3);
    EXPECT_NEAR(data["changes"][0]["first_s"].get<double>(), it.result.figures.at("detect_first_s"),
                1e-3);
    EXPECT_EQ(data["load"]["columns"], 30);
    EXPECT_EQ(data["names"], Json({"n1", "n2", "n3", "n4", "n5"}));
    EXPECT_TRUE(data["left_out"].empty());
    // n3's story begins with its crash; what the others saw comes after.
    const Json& story = data["stories"]["members"][2];
    ASSERT_GE(story.size(), 3u);
    EXPECT_EQ(story[0], Json({5.0, -1, 0}));
}

TEST(ReportPage, ARecordedRunHasTheSameHash) {
    const ReportedRun it = report_of(a_crash());
    EXPECT_EQ(run(it.scenario, 7).hash, it.result.hash);
}

TEST(ReportPage, ARestartedProcessHasACurve) {
    Scenario scenario = a_crash();
    scenario.length = 60s;
    scenario.steps.push_back({.at = 30s, .what = action::Start{{3}}});
    const Json data = data_of(report_of(scenario).page);
    ASSERT_EQ(data["changes"].size(), 2u);
    EXPECT_EQ(data["changes"][1]["kind"], "back");
    EXPECT_EQ(data["changes"][1]["learned"], data["changes"][1]["pairs"]);
}

TEST(ReportPage, APartitionAndItsEndHaveCurvesForBothSides) {
    Scenario scenario = a_crash();
    scenario.nodes = 6;
    scenario.steps = {{.at = 5s, .what = action::Partition{{{1, 2, 3}, {4, 5, 6}}}}};
    scenario.healing = 2min;
    const Json data = data_of(report_of(scenario).page);
    ASSERT_GE(data["changes"].size(), 2u);
    EXPECT_EQ(data["changes"][0]["pairs"], 18) << "three by three, both ways";
    EXPECT_EQ(data["changes"][0]["learned"], 18);
    EXPECT_EQ(data["changes"][1]["kind"], "back");
    EXPECT_EQ(data["changes"][1]["learned"], 18);
    EXPECT_EQ(data["schedule_s"], 30.0);
}

TEST(ReportPage, HostileTextIsEscaped) {
    Scenario scenario = a_crash();
    scenario.name = scenario.why = kHostile;
    ReportedRun it = report_of(scenario);
    it.result.outcomes.push_back({.text = kHostile, .holds = false, .measured = kHostile});
    it.result.violations.push_back({.invariant = kHostile, .what = kHostile});
    it.recorded["names"][0] = it.recorded["steps"][0]["what"] = kHostile;
    it.recorded["left_out"].push_back(kHostile);
    const std::string page = report_page({it.scenario, it.result, 0.5, kHostile}, it.recorded);

    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_EQ(page.find("<script>alert"), std::string::npos);
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
    std::size_t ends = 0;
    for (std::size_t at = 0; (at = page.find("</script>", at)) != std::string::npos; ++at) ++ends;
    EXPECT_EQ(ends, 2u) << "of the data and of the page's script";
    EXPECT_EQ(data_of(page)["names"][0], kHostile) << "the data is unchanged";
}

TEST(ReportPage, AHostileNodeNameIsEscaped) {
    Stories stories{1};
    stories.own_event(1s, 0, kHostile);
    const std::string json = script_json(stories.to_json());
    EXPECT_EQ(json.find('<'), std::string::npos);
    EXPECT_EQ(json.find('\x1b'), std::string::npos);
    SeenStates states{1, 10};
    states.member("\x1b]0;x\x07n1\xff");
    const Json names = HeatMap{TimeBins{1s, 1, 1s}}.to_json(states)["rows"];
    EXPECT_EQ(names[0], R"(\x1b]0;x\x07n1\xff)");
}

TEST(ReportPage, IsSelfContainedAndAllowsNothingElse) {
    const ReportedRun it = report_of(a_crash());
    EXPECT_FALSE(std::regex_search(it.page, std::regex{"(src|href)\\s*="}));
    EXPECT_EQ(it.page.find("url("), std::string::npos);
    EXPECT_EQ(it.page.find("@import"), std::string::npos);
    EXPECT_EQ(it.page.find("{{"), std::string::npos) << "every part of the frame is filled";
    EXPECT_NE(it.page.find("default-src 'none'"), std::string::npos);
    EXPECT_TRUE(std::regex_search(it.page, std::regex{"script-src 'sha256-[A-Za-z0-9+/]{43}='"}));
    EXPECT_FALSE(std::regex_search(it.page, std::regex{"<[a-z]+[^>]* style="}))
        << "the policy would refuse it";
}

TEST(ReportPage, ARunThatDidNotStartHasAPage) {
    Scenario scenario = a_crash();
    ReportRecorder recorder{scenario};
    RunResult result;
    result.violations.push_back({.invariant = "beginning", .what = "did not come together"});
    const std::string page = report_page({scenario, result, 0, "again"}, recorder.to_json());
    EXPECT_NE(page.find("did not come together"), std::string::npos);
    EXPECT_EQ(data_of(page)["names"].size(), 0u);
}

}  // namespace
}  // namespace rollcall::sim
