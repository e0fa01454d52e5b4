// SPDX-License-Identifier: Apache-2.0
//
// The promises about user events and queries: what breaks each, and what does not; and that drawn
// clusters keep them.
#include <gtest/gtest.h>

#include <string>

#include "fabricated.h"
#include "sim/scenario/draw/drawn.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

class NewsTold : public testing::Test {
protected:
    NewsTold() {
        for (std::uint32_t n = 1; n <= 3; ++n) three_.lend(n);
    }
    void hears(std::uint32_t node, std::uint64_t time = 7, const std::string& name = "deploy") {
        three_.serf_tell(node, serf::UserEventReceived{.time = LamportTime{time}, .name = name});
    }
    void acked(std::uint32_t asker, std::uint64_t request, const std::string& from) {
        three_.serf_tell(asker, serf::QueryAcked{.request = RequestId{request}, .from = from});
    }
    bool broken(const std::string& promise) { return three_.broken().contains(promise); }
    Fabricated three_{3};
};

TEST_F(NewsTold, OnceToEachIsAsItShouldBe) {
    for (std::uint32_t n = 1; n <= 3; ++n) hears(n);
    hears(1, 8);
    hears(1, 7, "another of the same time");
    three_.sample();
    EXPECT_FALSE(broken("event-delivered-once"));
    EXPECT_FALSE(broken("event-reaches-all"));
}

TEST_F(NewsTold, TwiceToOneIsNot) {
    hears(1);
    hears(1);
    EXPECT_TRUE(broken("event-delivered-once"));
}

TEST_F(NewsTold, ANewLifeMayHearItAgain) {
    hears(1);
    three_.live_again(1);
    hears(1);
    EXPECT_FALSE(broken("event-delivered-once"));
}

// Ten listeners, nine of whom heard it.
class NewsThatOneMisses : public testing::Test {
protected:
    NewsThatOneMisses() {
        for (std::uint32_t n = 1; n <= 12; ++n) twelve_.lend(n);
        const serf::UserEventReceived event{.time = LamportTime{7}, .name = "deploy"};
        for (std::uint32_t n = 1; n <= 11; ++n) twelve_.serf_tell(n, event);
        twelve_.sample();
    }
    bool held_against_it() {
        twelve_.sample();
        twelve_.healed();
        return twelve_.broken().contains("event-reaches-all");
    }
    Fabricated twelve_{12};
};

TEST_F(NewsThatOneMisses, IsABrokenPromise) {
    EXPECT_TRUE(held_against_it());
}

TEST_F(NewsThatOneMisses, UnlessItJoinsWhichPassesOverThePast) {
    twelve_.serf_tell(12, serf::JoinFinished{.request = RequestId{1}, .contacted = 1});
    EXPECT_FALSE(held_against_it());
}

TEST_F(NewsThatOneMisses, UnlessItDidNotRunAllTheWhile) {
    twelve_.live_again(12);
    EXPECT_FALSE(held_against_it());
}

TEST_F(NewsThatOneMisses, UnlessTheTellerEnded) {
    twelve_.live_again(1);
    EXPECT_FALSE(held_against_it());
}

TEST(NewsFromThePast, IsMissedByWhoJoinedLater) {
    Fabricated twelve{12};
    for (std::uint32_t n = 1; n <= 12; ++n) twelve.lend(n);
    const auto hears = [&](std::uint32_t node, std::uint64_t time) {
        twelve.serf_tell(node,
                         serf::UserEventReceived{.time = LamportTime{time}, .name = "deploy"});
    };
    for (std::uint32_t n = 1; n <= 12; ++n) hears(n, 7);
    twelve.serf_tell(12, serf::JoinFinished{.request = RequestId{1}, .contacted = 1});
    for (std::uint32_t n = 1; n <= 11; ++n) hears(n, 1);  // of one that has just started
    twelve.sample();
    twelve.healed();
    EXPECT_FALSE(twelve.broken().contains("event-reaches-all"));
}

TEST(NewsThatMostMiss, IsNobodysFault) {
    Fabricated twelve{12};
    for (std::uint32_t n = 1; n <= 12; ++n) twelve.lend(n);
    twelve.serf_tell(1, serf::UserEventReceived{.time = LamportTime{7}, .name = "deploy"});
    twelve.sample();
    twelve.healed();
    EXPECT_FALSE(twelve.broken().contains("event-reaches-all"));
}

TEST_F(NewsTold, AnAckThatComesTwiceOrLateIsABrokenPromise) {
    acked(1, 5, "n2");
    acked(1, 5, "n3");
    acked(1, 6, "n2");
    EXPECT_FALSE(broken("query-answered-once"));
    acked(1, 5, "n2");
    EXPECT_TRUE(broken("query-answered-once"));
}

TEST_F(NewsTold, AnAckAfterTheEndIsABrokenPromise) {
    three_.serf_tell(1, serf::QueryFinished{.request = RequestId{5}});
    acked(1, 5, "n2");
    EXPECT_TRUE(broken("query-answered-once"));
}

class DrawnNews : public testing::TestWithParam<std::uint64_t> {};

TEST_P(DrawnNews, KeepsEveryPromise) {
    const Scenario scenario = draw(GetParam(), {.most_nodes = 12, .kind = DrawKind::serf_traffic});
    const RunResult result = run(scenario, GetParam());
    EXPECT_TRUE(result.holds()) << (result.violations.empty() ? ""
                                                              : result.violations.front().what);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DrawnNews, testing::Range(std::uint64_t{1}, std::uint64_t{13}));

}  // namespace
}  // namespace rollcall::sim
