// SPDX-License-Identifier: Apache-2.0
#include "base/duration_text.h"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, IsWhatAPersonWouldWrite) {
    EXPECT_EQ(duration_text(0s), "0s");
    EXPECT_EQ(duration_text(10ms), "10ms");
    EXPECT_EQ(duration_text(3'600'000ms), "1h");
    EXPECT_EQ(duration_text(90s), "1m30s");
    EXPECT_EQ(duration_text(1500ms), "1s500ms");
    EXPECT_EQ(duration_text(720h), "720h");
    EXPECT_EQ(duration_text(1us + 1ns), "1us1ns");
    EXPECT_EQ(duration_text(-5s), "-5s");
    EXPECT_EQ(duration_text(Duration::min()), "-2562047h47m16s854ms775us808ns");
}

}  // namespace
}  // namespace rollcall
