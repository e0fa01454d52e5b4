// SPDX-License-Identifier: Apache-2.0
//
// Other parts of a report: curves of changes, load in columns, stories of members.
#include <gtest/gtest.h>

#include <chrono>

#include "sim/program/report/change_curves.h"
#include "sim/program/report/load.h"
#include "sim/program/report/stories.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TEST(ReportCurves, ACurveIsTheShareOfPairsAgainstTime) {
    ChangeCurves curves;
    ASSERT_TRUE(curves.begin(ChangeKind::gone, 10s, "n9 crashes", 4));
    for (const std::uint32_t n : {1u, 2u, 3u, 4u}) curves.add_pair(8, n);
    curves.finish_pairs();
    curves.record(8, 1, SeenState::suspect, 11s);  // not yet
    curves.record(8, 1, SeenState::dead, 12s);
    curves.record(8, 1, SeenState::dead, 13s);  // already known
    curves.record(7, 2, SeenState::dead, 13s);  // another member
    curves.record(8, 2, SeenState::dead, 14s);
    curves.record(8, 3, SeenState::left, 18s);

    const Json json = curves.to_json();
    ASSERT_EQ(json.size(), 1u);
    EXPECT_EQ(json[0]["pairs"], 4);
    EXPECT_EQ(json[0]["learned"], 3);
    EXPECT_EQ(json[0]["first_s"], 2.0);
    EXPECT_EQ(json[0]["median_s"], 4.0);
    EXPECT_EQ(json[0]["last_s"], 8.0);
    EXPECT_EQ(json[0]["points"], Json({{2.0, 0.25}, {4.0, 0.5}, {8.0, 0.75}}));
}

TEST(ReportCurves, StoppedObserversAndSupersededChangesLeaveTheCurve) {
    ChangeCurves curves;
    ASSERT_TRUE(curves.begin(ChangeKind::gone, 0s, "n9 crashes", 4));
    for (const std::uint32_t n : {1u, 2u, 3u}) curves.add_pair(8, n);
    curves.finish_pairs();
    curves.drop_observer(3);
    curves.record(8, 3, SeenState::dead, 1s);
    curves.record(8, 1, SeenState::dead, 2s);
    curves.settled(8, {ChangeKind::back});  // of another kind: nothing
    EXPECT_EQ(curves.to_json()[0]["pairs"], 2);
    curves.settled(8, {ChangeKind::gone});
    EXPECT_EQ(curves.to_json()[0]["pairs"], 1);
    curves.record(8, 2, SeenState::dead, 3s);
    EXPECT_EQ(curves.to_json()[0]["learned"], 1);
}

TEST(ReportCurves, AChangeWithoutPairsHasNoCurveAndCurvesAreBounded) {
    ChangeCurves curves;
    ASSERT_TRUE(curves.begin(ChangeKind::back, 0s, "n1 starts", 1));
    curves.finish_pairs();
    EXPECT_TRUE(curves.to_json().empty());
    for (std::size_t i = 0; i < ChangeCurves::kMostCurves; ++i) {
        ASSERT_TRUE(curves.begin(ChangeKind::gone, 0s, "crash", 1));
        curves.add_pair(0, 1);
        curves.finish_pairs();
    }
    EXPECT_FALSE(curves.begin(ChangeKind::gone, 0s, "one too many", 1));
    EXPECT_EQ(curves.left_out(), 1u);
    EXPECT_EQ(curves.to_json().size(), ChangeCurves::kMostCurves);
}

TEST(ReportCurves, TooManyPairsAreSampled) {
    ChangeCurves curves;
    ASSERT_TRUE(
        curves.begin(ChangeKind::gone, 0s, "the network splits", 2 * ChangeCurves::kMostPairs));
    for (std::uint32_t member = 0; member < 30; ++member) {
        for (std::uint32_t n = 1; n <= 30; ++n) curves.add_pair(member, n);
    }
    curves.finish_pairs();
    EXPECT_EQ(curves.to_json()[0]["one_in"], 3);
    EXPECT_EQ(curves.to_json()[0]["pairs"], 300);
}

TEST(ReportCurves, LongCurvesHaveABoundedNumberOfPoints) {
    ChangeCurves curves;
    ASSERT_TRUE(curves.begin(ChangeKind::gone, 0s, "n1 crashes", 1000));
    for (std::uint32_t n = 1; n <= 1000; ++n) curves.add_pair(0, n);
    for (std::uint32_t n = 1; n <= 1000; ++n) curves.record(0, n, SeenState::dead, n * 1ms);
    const Json json = curves.to_json();
    EXPECT_LE(json[0]["points"].size(), ChangeCurves::kMostPoints);
    EXPECT_EQ(json[0]["points"].back(), Json({1.0, 1.0}));
}

std::vector<LoadCurves::Reading> readings(std::initializer_list<std::uint64_t> packets) {
    std::vector<LoadCurves::Reading> nodes;
    for (const std::uint64_t p : packets) {
        nodes.push_back({.running = true, .packets = p, .bytes = 100 * p});
    }
    return nodes;
}

TEST(ReportLoad, AColumnIsTheSpreadOverItsNodes) {
    LoadCurves load{TimeBins{4s, 2, 2s}};
    load.read(0s, readings({100, 0, 0}));
    load.read(1s, readings({101, 5, 9}));
    load.read(2s, readings({102, 10, 40}));
    load.read(4s, readings({102, 10, 44}));
    ASSERT_EQ(load.packets().size(), 2u);
    EXPECT_DOUBLE_EQ(load.packets()[0].median, 5);
    EXPECT_DOUBLE_EQ(load.packets()[0].max, 20);
    EXPECT_DOUBLE_EQ(load.bytes()[0].max, 2000);
    EXPECT_DOUBLE_EQ(load.packets()[1].median, 0);
    EXPECT_DOUBLE_EQ(load.packets()[1].max, 2);
}

TEST(ReportLoad, ANodeThatStoppedInAColumnDoesNotCount) {
    LoadCurves load{TimeBins{4s, 2, 2s}};
    load.read(0s, readings({0, 0}));
    auto half = readings({10, 500});
    half[1].running = false;
    load.read(1s, half);
    load.read(2s, readings({20, 900}));
    EXPECT_DOUBLE_EQ(load.packets()[0].max, 10);
    load.read(4s, readings({30, 0}));  // on another host now: its sum fell
    EXPECT_DOUBLE_EQ(load.packets()[1].max, 5);
}

TEST(ReportLoad, HealthIsTheWorstAndTheShareAboveZero) {
    LoadCurves load{TimeBins{2s, 1, 2s}};
    auto nodes = readings({0, 0});
    load.read(0s, nodes);
    nodes[1].health_score = 3;
    load.read(1s, nodes);
    nodes[1].health_score = 0;
    load.read(2s, nodes);
    const Json health = load.to_json()["health"];
    EXPECT_EQ(health["worst"], Json({3}));
    EXPECT_EQ(health["raised"], Json({0.25}));
}

// A passage in JSON: [first s, kind, own, count, entries, [last s, last member]].
constexpr int kKind = 1, kOwn = 2, kCount = 3, kEntries = 4, kLast = 5;

TEST(ReportStories, EqualEventsCloseInTimeAreOnePassage) {
    Stories stories{20};
    for (std::uint32_t n = 1; n <= 10; ++n) {
        stories.observed(1s + n * 100ms, StoryKind::suspects, 0, n, n == 1 ? "" : "n1");
    }
    const Json json = stories.to_json();
    const Json& passages = json["members"][0];
    ASSERT_EQ(passages.size(), 1u);
    EXPECT_EQ(passages[0][kKind], static_cast<int>(StoryKind::suspects));
    EXPECT_EQ(passages[0][kOwn], 0);
    EXPECT_EQ(passages[0][kCount], 10);
    EXPECT_EQ(passages[0][kEntries].size(), Stories::kMostEntries);
    EXPECT_EQ(passages[0][kEntries][0], Json({1.1, 1, -1}));
    EXPECT_EQ(json["texts"][passages[0][kEntries][1][2].get<std::size_t>()], "n1");
    EXPECT_EQ(passages[0][kLast], Json({2.0, 10}));
    // It is also in the story of each observer.
    EXPECT_EQ(json["members"][3][0][kOwn], 1);
    EXPECT_EQ(json["members"][3][0][kEntries][0][1], 0);
}

TEST(ReportStories, AGapOrAStepBeginsANewPassage) {
    Stories stories{5};
    stories.observed(1s, StoryKind::suspects, 0, 1, "");
    stories.observed(1s + Stories::kGap, StoryKind::suspects, 0, 2, "");
    stories.observed(20s, StoryKind::suspects, 0, 3, "");
    stories.stepped(21s, 0, 4);
    stories.observed(22s, StoryKind::suspects, 0, 1, "");
    const Json passages = stories.to_json()["members"][0];
    ASSERT_EQ(passages.size(), 4u);
    EXPECT_EQ(passages[0][kCount], 2);
    EXPECT_EQ(passages[2], Json({21.0, -1, 4}));
}

TEST(ReportStories, AreBoundedAndCountWhatTheyLeaveOut) {
    Stories stories{Stories::kMostPassages};  // twelve for each
    for (unsigned i = 0; i < 100; ++i) stories.own_event(i * 10s, 0, "an event");
    const Json json = stories.to_json();
    EXPECT_EQ(json["members"][0].size(), 12u);
    EXPECT_EQ(json["left_out"][0], 88);
}

}  // namespace
}  // namespace rollcall::sim
