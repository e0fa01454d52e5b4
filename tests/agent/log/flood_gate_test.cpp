// SPDX-License-Identifier: Apache-2.0
#include "agent/log/flood_gate.h"

#include <gtest/gtest.h>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;

constexpr Time kFloodStart{1h};

int passed(FloodGate& gate, Time now, int lines) {
    int count = 0;
    for (int i = 0; i < lines; ++i) count += gate.pass(now) ? 1 : 0;
    return count;
}

TEST(FloodGate, SoManyLinesPerSecondPassAndTheOthersAreCounted) {
    FloodGate gate{3};
    EXPECT_EQ(passed(gate, kFloodStart, 10), 3);
    EXPECT_EQ(passed(gate, kFloodStart + 999ms, 5), 0) << "the same second";
    EXPECT_EQ(gate.take_left_out(kFloodStart + 999ms), 0u) << "it is not over";
    EXPECT_EQ(gate.take_left_out(kFloodStart + 1s), 12u);
    EXPECT_EQ(gate.take_left_out(kFloodStart + 1s), 0u) << "once";
    EXPECT_EQ(passed(gate, kFloodStart + 1s, 10), 3) << "a new second";
}

TEST(FloodGate, FewLinesLeaveNothingToReport) {
    FloodGate gate{3};
    EXPECT_EQ(gate.take_left_out(kFloodStart), 0u);
    for (auto now = kFloodStart; now < kFloodStart + 10s; now += 400ms) EXPECT_TRUE(gate.pass(now));
    EXPECT_EQ(gate.take_left_out(kFloodStart + 20s), 0u);
}

TEST(FloodGate, WhatWasLeftOutLongAgoIsStillReported) {
    FloodGate gate{1};
    EXPECT_EQ(passed(gate, kFloodStart, 3), 1);
    EXPECT_EQ(gate.take_left_out(kFloodStart + 1h), 2u);
}

}  // namespace
}  // namespace rollcall::agent
