// SPDX-License-Identifier: Apache-2.0
#include "agent/log/line_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::agent {
namespace {

std::string all_of(LineQueue& queue) {
    std::string text;
    while (!queue.empty()) text += queue.pop() + ' ';
    return text;
}

TEST(LineQueue, LinesComeOutInTheirOrder) {
    LineQueue queue{{}};
    for (const char* line : {"a", "b", "c"}) EXPECT_TRUE(queue.push(line));
    EXPECT_EQ(all_of(queue), "a b c ");
    EXPECT_EQ(queue.dropped().all(), 0u);
    EXPECT_EQ(queue.end_gap(), 0u);
}

TEST(LineQueue, WhatDoesNotFitIsDroppedAndCountedByTheBoundThatWasReached) {
    LineQueue few{{.lines = 2, .bytes = 100}};
    for (int i = 0; i < 5; ++i) few.push("x");
    EXPECT_EQ(few.size(), 2u);
    EXPECT_EQ(few.dropped().by_lines, 3u);
    EXPECT_EQ(few.dropped().by_bytes, 0u);

    LineQueue small{{.lines = 100, .bytes = 10}};
    EXPECT_TRUE(small.push("123456"));
    EXPECT_FALSE(small.push("12345"));
    EXPECT_FALSE(small.push("1")) << "it would fit, but its place is in the gap";
    EXPECT_EQ(small.dropped().by_bytes, 2u);
    EXPECT_EQ(small.dropped().by_lines, 0u);
}

TEST(LineQueue, AGapEndsWhenHalfOfTheQueueIsFree) {
    LineQueue queue{{.lines = 4, .bytes = 100}};
    for (const char* line : {"a", "b", "c", "d", "e", "f"}) queue.push(line);
    static_cast<void>(queue.pop());
    EXPECT_FALSE(queue.has_room_after_gap());
    EXPECT_EQ(queue.end_gap(), 0u) << "three of four wait";
    EXPECT_FALSE(queue.push("g"));
    static_cast<void>(queue.pop());
    EXPECT_TRUE(queue.has_room_after_gap());
    EXPECT_EQ(queue.end_gap(), 3u) << "e, f and g";
    EXPECT_EQ(queue.end_gap(), 0u) << "once";
    EXPECT_TRUE(queue.push("h"));
    EXPECT_EQ(all_of(queue), "c d h ");
    EXPECT_EQ(queue.dropped().all(), 3u) << "the sum stays";
}

}  // namespace
}  // namespace rollcall::agent
