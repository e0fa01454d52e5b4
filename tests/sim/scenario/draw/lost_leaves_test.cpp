// SPDX-License-Identifier: Apache-2.0
//
// Drawn scenarios of leaves that some members miss.
#include "sim/scenario/draw/lost_leaves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "sim/scenario/draw/drawn.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

Scenario drawn(std::uint64_t seed) {
    return draw(seed, {.most_nodes = 12, .kind = DrawKind::lost_leaves});
}

TEST(LostLeaves, AMemberReceivesNothingDuringEachLeave) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const Scenario scenario = drawn(seed);
        const action::HostLoss* loss = nullptr;
        std::size_t leaves = 0;
        for (const Step& step : scenario.steps) {
            if (const auto* set = std::get_if<action::HostLoss>(&step.what)) loss = set;
            const auto* leave = std::get_if<action::Leave>(&step.what);
            if (leave == nullptr) continue;
            ++leaves;
            ASSERT_NE(loss, nullptr);
            EXPECT_EQ(loss->ingress, 1);
            EXPECT_FALSE(loss->who.empty());
            EXPECT_FALSE(std::ranges::count(loss->who, leave->who.front()) > 0) << seed;
        }
        EXPECT_GE(leaves, 1u);
        EXPECT_LE(leaves + 2, scenario.nodes) << "two members stay";
    }
}

class DrawnLostLeaves : public testing::TestWithParam<std::uint64_t> {};

TEST_P(DrawnLostLeaves, Holds) {
    const RunResult result = run(drawn(GetParam()), GetParam());
    EXPECT_TRUE(result.holds()) << (result.violations.empty() ? ""
                                                              : result.violations.front().what);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DrawnLostLeaves,
                         testing::Range(std::uint64_t{1}, std::uint64_t{13}));

}  // namespace
}  // namespace rollcall::sim
