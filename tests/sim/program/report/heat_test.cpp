// SPDX-License-Identifier: Apache-2.0
//
// The heat map, with hand-made sequences of states.
#include <gtest/gtest.h>

#include <chrono>

#include "sim/program/report/heat.h"
#include "sim/program/report/seen_states.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSuspectShare = 0, kDeadShare = 1, kLeftShare = 2, kUnknownShare = 3;

// Nodes n1 to n5, all awake, each sees all others alive.
struct Five {
    Five() {
        for (std::uint32_t n = 1; n <= 5; ++n) {
            states.set_owner(states.member("n" + std::to_string(n)), n);
            states.set_watching(n, true);
        }
        for (std::uint32_t m = 0; m < 5; ++m) {
            for (std::uint32_t n = 1; n <= 5; ++n) states.set(m, n, SeenState::alive);
        }
    }
    void holds(std::uint32_t node, std::uint32_t member, SeenState state, Duration now) {
        heat.record_until(member, states, now);
        states.set(member, node, state);
    }
    SeenStates states{5, 100};
    HeatMap heat{TimeBins{10s, 10, 1s}};
};

TEST(ReportBins, AreRoundAndBounded) {
    EXPECT_EQ((TimeBins{600s, 300, 100ms}.width()), 2s);
    EXPECT_EQ((TimeBins{600s, 300, 100ms}.count()), 300u);
    EXPECT_EQ((TimeBins{601s, 300, 100ms}.width()), 5s);
    EXPECT_EQ((TimeBins{20s, 600, 100ms}.width()), 100ms);
    EXPECT_EQ((TimeBins{1ms, 600, 100ms}.count()), 1u);
    const TimeBins bins{10s, 10, 1s};
    EXPECT_EQ(bins.at(0s), 0u);
    EXPECT_EQ(bins.at(999ms), 0u);
    EXPECT_EQ(bins.at(1s), 1u);
    EXPECT_EQ(bins.at(10s), 9u) << "the end belongs to the last column";
}

TEST(ReportHeat, AColumnIsTheMeanOverTimeAndObservers) {
    Five f;
    // Of the four observers of n3, one suspects it from 2.5 s on, and two more from 3 s on.
    f.holds(1, 2, SeenState::suspect, 2500ms);
    f.holds(2, 2, SeenState::suspect, 3s);
    f.holds(4, 2, SeenState::suspect, 3s);
    f.heat.record_all_until(f.states, 10s);

    EXPECT_DOUBLE_EQ(f.heat.shares(2, 1)[kSuspectShare], 0);
    EXPECT_NEAR(f.heat.shares(2, 2)[kSuspectShare], 0.25 / 2, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 3)[kSuspectShare], 0.75, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 9)[kSuspectShare], 0.75, 1e-6);
    EXPECT_DOUBLE_EQ(f.heat.shares(1, 5)[kSuspectShare], 0) << "n2 was not suspected";
}

TEST(ReportHeat, StatesFollowEachOther) {
    Five f;
    for (const std::uint32_t n : {1u, 2u, 4u, 5u}) f.holds(n, 2, SeenState::suspect, 1s);
    for (const std::uint32_t n : {1u, 2u, 4u, 5u}) f.holds(n, 2, SeenState::dead, 3s);
    for (const std::uint32_t n : {1u, 2u}) f.holds(n, 2, SeenState::unknown, 4s);
    for (const std::uint32_t n : {4u, 5u}) f.holds(n, 2, SeenState::left, 4s);
    f.heat.record_all_until(f.states, 6s);

    EXPECT_NEAR(f.heat.shares(2, 2)[kSuspectShare], 1, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 3)[kDeadShare], 1, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 4)[kUnknownShare], 0.5, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 4)[kLeftShare], 0.5, 1e-6);
    EXPECT_DOUBLE_EQ(f.heat.shares(2, 7)[kUnknownShare], 0) << "after the end of the run";
}

TEST(ReportHeat, AStoppedObserverDoesNotCount) {
    Five f;
    f.holds(1, 2, SeenState::dead, 0s);
    f.heat.record_all_until(f.states, 1s);
    f.states.set_watching(4, false);
    f.states.set_watching(5, false);
    f.heat.record_all_until(f.states, 2s);
    f.states.set_watching(1, false);
    f.heat.record_all_until(f.states, 3s);

    EXPECT_NEAR(f.heat.shares(2, 0)[kDeadShare], 0.25, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 1)[kDeadShare], 0.5, 1e-6);
    EXPECT_NEAR(f.heat.shares(2, 2)[kDeadShare], 0, 1e-6);
}

TEST(ReportHeat, ANodeDoesNotObserveItself) {
    Five f;
    f.states.set(2, 3, SeenState::dead);
    EXPECT_EQ(f.states.observers(2), 4u);
    EXPECT_EQ(f.states.counts(2)[static_cast<std::size_t>(SeenState::dead)], 0u);
    // Under another name it observes the member with its old name.
    f.states.set_owner(2, 0);
    EXPECT_EQ(f.states.observers(2), 5u);
    EXPECT_EQ(f.states.counts(2)[static_cast<std::size_t>(SeenState::dead)], 1u);
}

TEST(ReportHeat, EncodesRunsOfEqualColumns) {
    Five f;
    for (const std::uint32_t n : {1u, 2u, 4u, 5u}) f.holds(n, 2, SeenState::dead, 4s);
    f.heat.record_all_until(f.states, 10s);
    const nlohmann::json json = f.heat.to_json(f.states);

    EXPECT_EQ(json["columns"], 10);
    EXPECT_EQ(json["rows"], nlohmann::json({"n1", "n2", "n3", "n4", "n5"}));
    std::vector<std::uint8_t> cells;
    for (unsigned row = 0; row < 5; ++row) {
        for (unsigned layer = 0; layer < 4; ++layer) {
            if (row == 2 && layer == kDeadShare) {
                cells.insert(cells.end(), {4, 0, 6, 255});
            } else {
                cells.insert(cells.end(), {10, 0});
            }
        }
    }
    EXPECT_EQ(json["cells"], base64(cells));
}

TEST(ReportHeat, OneObserverOfManyIsVisible) {
    SeenStates states{1000, 1000};
    const std::uint32_t member = states.member("n1");
    for (std::uint32_t n = 1; n <= 1000; ++n) {
        states.set_watching(n, true);
        states.set(member, n, SeenState::alive);
    }
    states.set(member, 7, SeenState::suspect);
    HeatMap heat{TimeBins{1s, 1, 1s}};
    heat.record_all_until(states, 1s);
    EXPECT_EQ(heat.to_json(states)["cells"],
              base64(std::vector<std::uint8_t>{1, 1, 1, 0, 1, 0, 1, 0}));
}

TEST(ReportHeat, ManyMembersShareRows) {
    SeenStates states{2, 5000};
    states.set_watching(1, true);
    for (unsigned m = 0; m < 2500; ++m) {
        states.set(states.member("n" + std::to_string(m)), 1, SeenState::alive);
    }
    HeatMap heat{TimeBins{1s, 1, 1s}};
    heat.record_all_until(states, 1s);
    const nlohmann::json json = heat.to_json(states);
    EXPECT_EQ(json["members_per_row"], 3);
    EXPECT_EQ(json["rows"].size(), 834u);
}

TEST(ReportBeliefs, NamesBeyondTheBoundAreCounted) {
    SeenStates states{2, 1};
    EXPECT_EQ(states.member("n1"), 0u);
    EXPECT_EQ(states.member("n2"), SeenStates::kNone);
    EXPECT_EQ(states.member("n1"), 0u);
    EXPECT_EQ(states.left_out(), 1u);
}

TEST(ReportBase64, HasCorrectPadding) {
    EXPECT_EQ(base64({}), "");
    EXPECT_EQ(base64(std::vector<std::uint8_t>{'f'}), "Zg==");
    EXPECT_EQ(base64(std::vector<std::uint8_t>{'f', 'o'}), "Zm8=");
    EXPECT_EQ(base64(std::vector<std::uint8_t>{'f', 'o', 'o', 'b', 'a', 0xff}), "Zm9vYmH/");
}

}  // namespace
}  // namespace rollcall::sim
