// SPDX-License-Identifier: Apache-2.0
#include "base/natural_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rollcall {
namespace {

TEST(NaturalOrder, NumbersCountAsNumbersAndAllElseAsBytes) {
    const std::vector<std::string> sorted{"",
                                          "a",
                                          "a1",
                                          "a01b",
                                          "a2",
                                          "a10",
                                          "a10b2",
                                          "a10b10",
                                          "late_1ms",
                                          "late_2ms",
                                          "late_100ms",
                                          "late_1000ms",
                                          "late_99999999999999999999998ms",
                                          "late_99999999999999999999999ms",
                                          "lateness",
                                          "\xff"};
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        for (std::size_t j = 0; j < sorted.size(); ++j) {
            EXPECT_EQ(natural_less(sorted[i], sorted[j]), i < j) << sorted[i] << ' ' << sorted[j];
        }
    }
}

TEST(NaturalOrder, OnlyEqualTextsAreEqual) {
    EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01"));
    EXPECT_FALSE(natural_less("a01", "a01"));
    EXPECT_TRUE(natural_less("000", "1"));
}

}  // namespace
}  // namespace rollcall
