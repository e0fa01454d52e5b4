// SPDX-License-Identifier: Apache-2.0
//
// Every shipped scenario meets its expectations and all invariants, with more than one seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/scenario/language/file.h"
#include "sim/scenario/run/runner.h"
#include "support/test_folder.h"

namespace rollcall::sim {
namespace {

std::vector<std::string> shipped() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{
             std::filesystem::path{ROLLCALL_SOURCE_DIR} / "sim" / "scenarios"}) {
        if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
    }
    std::ranges::sort(names);
    return names;
}

class ShippedScenario : public testing::TestWithParam<std::string> {};

TEST_P(ShippedScenario, Holds) {
    const std::string text = tests::project_file("sim/scenarios/" + GetParam() + ".txt");
    const ScenarioFile file = read_scenario(text, GetParam());
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string(GetParam());
    ASSERT_TRUE(file.problems.empty());
    EXPECT_GT(file.scenario.why.size(), 80u) << "its comment must explain it";
    EXPECT_FALSE(file.scenario.expectations.empty());
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        if (seed > 1 && file.scenario.nodes > 50) break;  // large ones take long
        const RunResult result = run(file.scenario, seed);
        for (const Violation& v : result.violations) {
            ADD_FAILURE() << GetParam() << " --seed " << seed << ": " << v.invariant << ": "
                          << v.what;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedScenario, testing::ValuesIn(shipped()),
                         [](const testing::TestParamInfo<std::string>& one) {
                             std::string name = one.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace rollcall::sim
