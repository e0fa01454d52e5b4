// SPDX-License-Identifier: Apache-2.0
//
// What else a report keeps: curves of news, load in columns, stories of members.
#include <gtest/gtest.h>

#include <chrono>

#include "sim/program/report/load.h"
#include "sim/program/report/news.h"
#include "sim/program/report/stories.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TEST(ReportNews, ACurveIsTheShareOfThoseAskedAgainstTime) {
    News news;
    ASSERT_TRUE(news.begin(NewsKind::gone, 10s, "n9 crashes", 4));
    for (const std::uint32_t n : {1u, 2u, 3u, 4u}) news.ask(8, n);
    news.asked();
    news.heard(8, 1, Belief::suspect, 11s);  // not that yet
    news.heard(8, 1, Belief::dead, 12s);
    news.heard(8, 1, Belief::dead, 13s);  // known already
    news.heard(7, 2, Belief::dead, 13s);  // somebody else
    news.heard(8, 2, Belief::dead, 14s);
    news.heard(8, 3, Belief::left, 18s);

    const Json told = news.told();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]["asked"], 4);
    EXPECT_EQ(told[0]["heard"], 3);
    EXPECT_EQ(told[0]["first_s"], 2.0);
    EXPECT_EQ(told[0]["median_s"], 4.0);
    EXPECT_EQ(told[0]["last_s"], 8.0);
    EXPECT_EQ(told[0]["points"], Json({{2.0, 0.25}, {4.0, 0.5}, {8.0, 0.75}}));
}

TEST(ReportNews, WhoStopsOrIsOvertakenNeedNotKnow) {
    News news;
    ASSERT_TRUE(news.begin(NewsKind::gone, 0s, "n9 crashes", 4));
    for (const std::uint32_t n : {1u, 2u, 3u}) news.ask(8, n);
    news.asked();
    news.lost(3);
    news.heard(8, 3, Belief::dead, 1s);
    news.heard(8, 1, Belief::dead, 2s);
    news.settled(8, {NewsKind::back});  // of another kind: nothing
    EXPECT_EQ(news.told()[0]["asked"], 2);
    news.settled(8, {NewsKind::gone});
    EXPECT_EQ(news.told()[0]["asked"], 1);
    news.heard(8, 2, Belief::dead, 3s);
    EXPECT_EQ(news.told()[0]["heard"], 1);
}

TEST(ReportNews, NewsForNobodyIsNoCurveAndCurvesAreBounded) {
    News news;
    ASSERT_TRUE(news.begin(NewsKind::back, 0s, "n1 starts", 1));
    news.asked();
    EXPECT_TRUE(news.told().empty());
    for (std::size_t i = 0; i < News::kMostCurves; ++i) {
        ASSERT_TRUE(news.begin(NewsKind::gone, 0s, "crash", 1));
        news.ask(0, 1);
        news.asked();
    }
    EXPECT_FALSE(news.begin(NewsKind::gone, 0s, "one too many", 1));
    EXPECT_EQ(news.left_out(), 1u);
    EXPECT_EQ(news.told().size(), News::kMostCurves);
}

TEST(ReportNews, OfTooManyPairsSomeAreAsked) {
    News news;
    ASSERT_TRUE(news.begin(NewsKind::gone, 0s, "the network splits", 2 * News::kMostPairs));
    for (std::uint32_t member = 0; member < 30; ++member) {
        for (std::uint32_t n = 1; n <= 30; ++n) news.ask(member, n);
    }
    news.asked();
    EXPECT_EQ(news.told()[0]["one_in"], 3);
    EXPECT_EQ(news.told()[0]["asked"], 300);
}

TEST(ReportNews, LongCurvesAreToldInFewPoints) {
    News news;
    ASSERT_TRUE(news.begin(NewsKind::gone, 0s, "n1 crashes", 1000));
    for (std::uint32_t n = 1; n <= 1000; ++n) news.ask(0, n);
    for (std::uint32_t n = 1; n <= 1000; ++n) news.heard(0, n, Belief::dead, n * 1ms);
    const Json told = news.told();
    EXPECT_LE(told[0]["points"].size(), News::kMostPoints);
    EXPECT_EQ(told[0]["points"].back(), Json({1.0, 1.0}));
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

TEST(ReportLoad, ANodeThatDidNotRunThroughoutDoesNotCount) {
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
    const Json health = load.told()["health"];
    EXPECT_EQ(health["worst"], Json({3}));
    EXPECT_EQ(health["raised"], Json({0.25}));
}

// A passage as told: [first s, deed, own, count, voices, [last s, last member]].
constexpr int kDeed = 1, kOwn = 2, kCount = 3, kVoices = 4, kLast = 5;

TEST(ReportStories, WhatManySayAtOneTimeIsOnePassage) {
    Stories stories{20};
    for (std::uint32_t n = 1; n <= 10; ++n) {
        stories.said(1s + n * 100ms, Deed::suspects, 0, n, n == 1 ? "" : "n1");
    }
    const Json told = stories.told();
    const Json& passages = told["members"][0];
    ASSERT_EQ(passages.size(), 1u);
    EXPECT_EQ(passages[0][kDeed], static_cast<int>(Deed::suspects));
    EXPECT_EQ(passages[0][kOwn], 0);
    EXPECT_EQ(passages[0][kCount], 10);
    EXPECT_EQ(passages[0][kVoices].size(), Stories::kMostVoices);
    EXPECT_EQ(passages[0][kVoices][0], Json({1.1, 1, -1}));
    EXPECT_EQ(told["texts"][passages[0][kVoices][1][2].get<std::size_t>()], "n1");
    EXPECT_EQ(passages[0][kLast], Json({2.0, 10}));
    // And it is in the story of each who said it.
    EXPECT_EQ(told["members"][3][0][kOwn], 1);
    EXPECT_EQ(told["members"][3][0][kVoices][0][1], 0);
}

TEST(ReportStories, SilenceOrAStepBeginsAnotherPassage) {
    Stories stories{5};
    stories.said(1s, Deed::suspects, 0, 1, "");
    stories.said(1s + Stories::kSilence, Deed::suspects, 0, 2, "");
    stories.said(20s, Deed::suspects, 0, 3, "");
    stories.stepped(21s, 0, 4);
    stories.said(22s, Deed::suspects, 0, 1, "");
    const Json passages = stories.told()["members"][0];
    ASSERT_EQ(passages.size(), 4u);
    EXPECT_EQ(passages[0][kCount], 2);
    EXPECT_EQ(passages[2], Json({21.0, -1, 4}));
}

TEST(ReportStories, AreBoundedAndSayWhatTheyLeftOut) {
    Stories stories{Stories::kMostPassages};  // twelve for each
    for (unsigned i = 0; i < 100; ++i) stories.spoke(i * 10s, 0, "speaks up");
    const Json told = stories.told();
    EXPECT_EQ(told["members"][0].size(), 12u);
    EXPECT_EQ(told["left_out"][0], 88);
}

}  // namespace
}  // namespace rollcall::sim
