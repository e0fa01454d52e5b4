// SPDX-License-Identifier: Apache-2.0
//
// Drawn adversaries: reproducible, valid, varied, bounded in rate and time.
#include "sim/scenario/draw/attacks.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "sim/scenario/draw/drawn.h"
#include "sim/scenario/draw/shrink.h"
#include "sim/scenario/language/check.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/write.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kAttackSeeds = 300;

Scenario attacked(std::uint64_t seed, unsigned most_nodes = DrawLimits::kMost) {
    return draw(seed, {.most_nodes = most_nodes, .kind = DrawKind::attacks});
}

TEST(DrawnAttacks, AreValidAndEndAMinuteBeforeTheSchedule) {
    for (std::uint64_t seed = 1; seed <= kAttackSeeds; ++seed) {
        const Scenario scenario = attacked(seed);
        EXPECT_EQ(check(scenario), "") << seed;
        EXPECT_TRUE(scenario.adversary.present) << seed;
        std::set<AttackKind> going_on;
        Duration last{};
        for (const Step& step : scenario.steps) {
            if (const auto* attack = std::get_if<action::Attack>(&step.what)) {
                EXPECT_TRUE(going_on.insert(attack->kind).second) << seed;
            } else if (const auto* retreat = std::get_if<action::Retreat>(&step.what)) {
                ASSERT_TRUE(retreat->kind) << seed;
                EXPECT_EQ(going_on.erase(*retreat->kind), 1u) << seed;
                last = step.at;
            }
        }
        EXPECT_TRUE(going_on.empty()) << seed;
        EXPECT_GT(last, Duration{}) << seed;
        EXPECT_GE(scenario.length, last + 60s) << seed;
        EXPECT_GE(scenario.healing, 120s) << seed;
    }
}

TEST(DrawnAttacks, AllKindsAndPowersOccur) {
    std::set<AttackKind> kinds;
    bool outside = false, key = false, path = false, member = false, locked_out = false;
    bool full = false;
    for (std::uint64_t seed = 1; seed <= kAttackSeeds; ++seed) {
        const Scenario scenario = attacked(seed);
        for (const Step& step : scenario.steps) {
            if (const auto* attack = std::get_if<action::Attack>(&step.what)) {
                kinds.insert(attack->kind);
            }
        }
        const AdversaryPowers& powers = scenario.adversary;
        outside |= !powers.key && !powers.path && !powers.member;
        key |= powers.key;
        path |= powers.path;
        member |= powers.member;
        locked_out |= scenario.encrypted && !powers.key;
        full |= scenario.profile.max_members < scenario.nodes + 20;
    }
    EXPECT_EQ(kinds.size(), kAttackKinds);
    EXPECT_TRUE(outside && key && path && member && locked_out && full);
}

TEST(DrawnAttacks, AreReadBackUnchangedAndRunTheSame) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Scenario scenario = attacked(seed, 6);
        const std::string text = write_scenario(scenario);
        EXPECT_EQ(text, write_scenario(attacked(seed, 6))) << seed;
        const ScenarioFile read = read_scenario(text, scenario.name);
        for (const Problem& p : read.problems) ADD_FAILURE() << p.to_string("drawn") << text;
        ASSERT_EQ(write_scenario(read.scenario), text);
        if (seed > 3) continue;
        const std::uint64_t hash = run(scenario, seed).hash;
        EXPECT_EQ(run(read.scenario, seed, {.invariants = false}).hash, hash) << seed;
        EXPECT_NE(run(scenario, seed + 1).hash, hash) << seed;
    }
}

// What it needs stays: the attack that makes members suspects.
TEST(DrawnAttacks, AnAttackIsShrunkToWhatMatters) {
    const ScenarioFile file = read_scenario(R"(nodes 6
core serf
adversary path, member
run 60s
at 10s flood pings on all at 10/s for 10s
at 10s update n1
at 15s forge suspicions on n3..n5 at 10/s for 10s
at 20s event n2
expect nobody suspect
)",
                                            "suspicions");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("suspicions");
    const auto small = shrink(file.scenario, 1, {.most_runs = 400});
    ASSERT_TRUE(small.has_value());
    const std::string text = write_scenario(small->scenario);
    EXPECT_NE(text.find("forge suspicions"), std::string::npos) << text;
    EXPECT_EQ(text.find("flood"), std::string::npos) << text;
    EXPECT_EQ(text.find("update"), std::string::npos) << text;
    EXPECT_NE(text.find("adversary outside"), std::string::npos) << text;
    EXPECT_EQ(text.find("core serf"), std::string::npos) << text;
}

}  // namespace
}  // namespace rollcall::sim
