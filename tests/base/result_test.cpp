// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"

namespace rollcall {
namespace {

enum class Fault { torn, lost };

Result<std::string, Fault> word(bool there) {
    if (!there) return Fault::lost;
    return std::string{"there"};
}

TEST(Result, IsEitherAValueOrAnError) {
    auto good = word(true);
    ASSERT_TRUE(good);
    EXPECT_TRUE(good.ok());
    EXPECT_EQ(*good, "there");
    EXPECT_EQ(good->size(), 5u);
    *good += "!";
    EXPECT_EQ(good.value(), "there!");

    const auto bad = word(false);
    EXPECT_FALSE(bad);
    EXPECT_FALSE(bad.ok());
    EXPECT_EQ(bad.error(), Fault::lost);
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
    Result<std::unique_ptr<int>, Fault> result = std::make_unique<int>(7);
    const std::unique_ptr<int> taken = std::move(*result);
    EXPECT_EQ(*taken, 7);
}

TEST(Result, AnErrorMayBeAText) {
    const Result<int, std::string> bad = std::string{"port: 'x' is not a number"};
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error(), "port: 'x' is not a number");
}

TEST(ResultDeathTest, TakingTheValueOfAnErrorIsOurOwnMistake) {
    const auto bad = word(false);
    EXPECT_DEATH((void)bad.value(), "internal error: ok\\(\\) does not hold");
    const auto good = word(true);
    EXPECT_DEATH((void)good.error(), "internal error: !ok\\(\\) does not hold");
}

TEST(CheckDeathTest, PrintsTheConditionAndItsPlace) {
    EXPECT_DEATH(ROLLCALL_CHECK(1 + 1 == 3), "1 \\+ 1 == 3 does not hold at .*result_test.cpp:");
}

TEST(Check, EvaluatesItsConditionOnceAndOnlyInOrderToHold) {
    int evaluated = 0;
    ROLLCALL_CHECK(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace rollcall
