// SPDX-License-Identifier: Apache-2.0
//
// Invariants about user events and queries: what violates each, and what does not; and that drawn
// clusters hold them.
#include <gtest/gtest.h>

#include <string>

#include "fabricated.h"
#include "sim/scenario/draw/drawn.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

class SerfEvents : public testing::Test {
protected:
    SerfEvents() {
        for (std::uint32_t n = 1; n <= 3; ++n) three_.lend(n);
    }
    void deliver(std::uint32_t node, std::uint64_t time = 7, const std::string& name = "deploy") {
        three_.serf_event_at(node,
                             serf::UserEventReceived{.time = LamportTime{time}, .name = name});
    }
    void acked(std::uint32_t sender, std::uint64_t request, const std::string& from) {
        three_.serf_event_at(sender, serf::QueryAcked{.request = RequestId{request}, .from = from});
    }
    bool broken(const std::string& invariant) { return three_.broken().contains(invariant); }
    Fabricated three_{3};
};

TEST_F(SerfEvents, MayBeDeliveredOnceToEach) {
    for (std::uint32_t n = 1; n <= 3; ++n) deliver(n);
    deliver(1, 8);
    deliver(1, 7, "another of the same time");
    three_.sample();
    EXPECT_FALSE(broken("event-delivered-once"));
    EXPECT_FALSE(broken("event-reaches-all"));
}

TEST_F(SerfEvents, MustNotBeDeliveredTwice) {
    deliver(1);
    deliver(1);
    EXPECT_TRUE(broken("event-delivered-once"));
}

TEST_F(SerfEvents, MayBeDeliveredAgainAfterARestart) {
    deliver(1);
    three_.new_life(1);
    deliver(1);
    EXPECT_FALSE(broken("event-delivered-once"));
}

// Eleven receivers, ten of which received the event.
class EventThatOneNodeMisses : public testing::Test {
protected:
    EventThatOneNodeMisses() {
        for (std::uint32_t n = 1; n <= 12; ++n) twelve_.lend(n);
        const serf::UserEventReceived event{.time = LamportTime{7}, .name = "deploy"};
        for (std::uint32_t n = 1; n <= 11; ++n) twelve_.serf_event_at(n, event);
        twelve_.sample();
    }
    bool is_violation() {
        twelve_.sample();
        twelve_.healed();
        return twelve_.broken().contains("event-reaches-all");
    }
    Fabricated twelve_{12};
};

TEST_F(EventThatOneNodeMisses, IsAViolation) {
    EXPECT_TRUE(is_violation());
}

TEST_F(EventThatOneNodeMisses, IsAllowedAfterAJoin) {
    twelve_.serf_event_at(12, serf::JoinFinished{.request = RequestId{1}, .contacted = 1});
    EXPECT_FALSE(is_violation());
}

TEST_F(EventThatOneNodeMisses, IsAllowedAfterARestart) {
    twelve_.new_life(12);
    EXPECT_FALSE(is_violation());
}

TEST_F(EventThatOneNodeMisses, IsAllowedIfTheSenderEnded) {
    twelve_.new_life(1);
    EXPECT_FALSE(is_violation());
}

TEST(PastEvent, MayBeMissedByALaterJoiner) {
    Fabricated twelve{12};
    for (std::uint32_t n = 1; n <= 12; ++n) twelve.lend(n);
    const auto deliver = [&](std::uint32_t node, std::uint64_t time) {
        twelve.serf_event_at(node,
                             serf::UserEventReceived{.time = LamportTime{time}, .name = "deploy"});
    };
    for (std::uint32_t n = 1; n <= 12; ++n) deliver(n, 7);
    twelve.serf_event_at(12, serf::JoinFinished{.request = RequestId{1}, .contacted = 1});
    for (std::uint32_t n = 1; n <= 11; ++n) deliver(n, 1);  // from a sender that has just started
    twelve.sample();
    twelve.healed();
    EXPECT_FALSE(twelve.broken().contains("event-reaches-all"));
}

TEST(EventThatMostNodesMiss, IsAllowed) {
    Fabricated twelve{12};
    for (std::uint32_t n = 1; n <= 12; ++n) twelve.lend(n);
    twelve.serf_event_at(1, serf::UserEventReceived{.time = LamportTime{7}, .name = "deploy"});
    twelve.sample();
    twelve.healed();
    EXPECT_FALSE(twelve.broken().contains("event-reaches-all"));
}

TEST_F(SerfEvents, AQueryIsAckedOnce) {
    acked(1, 5, "n2");
    acked(1, 5, "n3");
    acked(1, 6, "n2");
    EXPECT_FALSE(broken("query-answered-once"));
    acked(1, 5, "n2");
    EXPECT_TRUE(broken("query-answered-once"));
}

TEST_F(SerfEvents, AFinishedQueryIsNotAcked) {
    three_.serf_event_at(1, serf::QueryFinished{.request = RequestId{5}});
    acked(1, 5, "n2");
    EXPECT_TRUE(broken("query-answered-once"));
}

class DrawnSerfTraffic : public testing::TestWithParam<std::uint64_t> {};

TEST_P(DrawnSerfTraffic, Holds) {
    const Scenario scenario = draw(GetParam(), {.most_nodes = 12, .kind = DrawKind::serf_traffic});
    const RunResult result = run(scenario, GetParam());
    EXPECT_TRUE(result.holds()) << (result.violations.empty() ? ""
                                                              : result.violations.front().what);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DrawnSerfTraffic,
                         testing::Range(std::uint64_t{1}, std::uint64_t{13}));

}  // namespace
}  // namespace rollcall::sim
