// SPDX-License-Identifier: Apache-2.0
//
// Rotating the keys of a cluster: in which order, and when to stop. With agents that list the keys
// of each node, and with those that only count.
#include "serf/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/rotated_cluster.h"

namespace rollcall::serf {
namespace {

using Obstacle = KeyRotation::Obstacle;
using Step = KeyRotation::Step;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kInstallNew = "_serf_install-key new";
constexpr const char* kUseNew = "_serf_use-key new";
constexpr const char* kRemoveOld = "_serf_remove-key old";

class RuleK3 : public ::testing::TestWithParam<bool> {
protected:
    RuleK3() { cluster.lists_nodes = GetParam(); }

    void advance(KeyRotation& rotation) {
        switch (rotation.next()) {
            case Step::look:
                return rotation.looked(cluster.holders(), cluster.view());
            case Step::install:
                return rotation.changed(cluster.change(KeyCommand::install, rotation.key()));
            case Step::use:
                return rotation.changed(cluster.change(KeyCommand::use, rotation.key()));
            case Step::remove:
                return rotation.changed(cluster.change(KeyCommand::remove, rotation.key()));
            case Step::done:
            case Step::stopped:
                break;
        }
    }
    KeyRotation rotate_to(const std::string& key, bool without_failed = false) {
        KeyRotation rotation{{.new_key = key, .without_failed = without_failed}};
        constexpr int kMostSteps = 200;
        for (int i = 0; i < kMostSteps && rotation.next() < Step::done; ++i) advance(rotation);
        EXPECT_GE(rotation.next(), Step::done) << "it never ends";
        EXPECT_FALSE(cluster.locked_out);
        return rotation;
    }
    bool rotates_to(const std::string& key, bool without_failed = false) {
        return rotate_to(key, without_failed).next() == Step::done && cluster.only(key);
    }
    tests::RotatedCluster cluster{{"a", "b", "c"}};
};

TEST_P(RuleK3, InstallsUsesAndRemovesInThisOrder) {
    EXPECT_TRUE(rotates_to("new"));
    EXPECT_THAT(cluster.done, ElementsAre(kInstallNew, kUseNew, kRemoveOld));
}

TEST_P(RuleK3, EachStepIsRepeatedForMembersThatMissedIt) {
    cluster.deaf = {{"a", 1}, {"c", 3}};
    EXPECT_TRUE(rotates_to("new"));
    EXPECT_EQ(std::ranges::count(cluster.done, kInstallNew), 4);
}

TEST_P(RuleK3, MemberWithoutKeyBlocksUse) {
    cluster.deaf = {{"b", 1000}};
    const KeyRotation stopped = rotate_to("new");
    ASSERT_EQ(stopped.next(), Step::stopped);
    EXPECT_EQ(stopped.obstacle(), Obstacle::not_installed);
    if (GetParam()) {
        EXPECT_THAT(stopped.who(), ElementsAre("b"));
    }
    EXPECT_EQ(std::ranges::count(cluster.done, kInstallNew), 5);
    for (const auto& [name, keys] : cluster.members) EXPECT_EQ(keys.front(), "old") << name;
    // And later, when it receives again:
    cluster.deaf.clear();
    EXPECT_TRUE(rotates_to("new"));
}

TEST_P(RuleK3, MemberNotUsingKeyBlocksRemoval) {
    cluster.after_change = [&] { cluster.deaf["b"] = 1000; };  // once it has the key
    const KeyRotation stopped = rotate_to("new");
    ASSERT_EQ(stopped.next(), Step::stopped);
    EXPECT_EQ(stopped.obstacle(), Obstacle::not_used);
    if (GetParam()) {
        EXPECT_THAT(stopped.who(), ElementsAre("b"));
    }
    EXPECT_EQ(std::ranges::count(cluster.done, kRemoveOld), 0);
}

TEST_P(RuleK3, RepeatedRotationChangesNothing) {
    ASSERT_TRUE(rotates_to("new"));
    cluster.done.clear();
    EXPECT_TRUE(rotates_to("new"));
    EXPECT_THAT(cluster.done, IsEmpty());
}

TEST_P(RuleK3, InterruptedRotationIsContinued) {
    cluster.members = {{"a", {"new", "old"}}, {"b", {"old", "new"}}, {"c", {"old"}}};
    EXPECT_TRUE(rotates_to("new"));
}

TEST_P(RuleK3, InterruptedRotationIsReplacedByAnotherKey) {
    cluster.members = {{"a", {"new", "old"}}, {"b", {"old", "new"}}, {"c", {"old", "new"}}};
    EXPECT_TRUE(rotates_to("newer"));
}

TEST_P(RuleK3, AllOldKeysAreRemoved) {
    for (auto& [name, keys] : cluster.members) keys = {"old", "older"};
    EXPECT_TRUE(rotates_to("new"));
}

TEST_P(RuleK3, FailedMemberBlocksUseUnlessOverridden) {
    cluster.failed = {"z"};
    const KeyRotation stopped = rotate_to("new");
    ASSERT_EQ(stopped.next(), Step::stopped);
    EXPECT_EQ(stopped.obstacle(), Obstacle::failed_before_use);
    EXPECT_THAT(stopped.who(), ElementsAre("z"));
    EXPECT_THAT(cluster.done, ElementsAre(kInstallNew));
    EXPECT_TRUE(rotates_to("new", true));
}

TEST_P(RuleK3, MemberThatFailsLaterBlocksRemoval) {
    KeyRotation rotation{{.new_key = "new"}};
    while (rotation.next() != Step::use) advance(rotation);
    cluster.members.erase("c");
    cluster.failed = {"c"};
    while (rotation.next() < Step::done) advance(rotation);
    EXPECT_EQ(rotation.obstacle(), Obstacle::failed_before_removal);
    EXPECT_EQ(std::ranges::count(cluster.done, kRemoveOld), 0);
}

TEST_P(RuleK3, NewMemberGetsTheKey) {
    cluster.after_change = [&] { cluster.members["d"] = {"old"}; };
    EXPECT_TRUE(rotates_to("new"));
    EXPECT_EQ(cluster.members.size(), 4u);
}

TEST_P(RuleK3, NewMemberUsesTheKeyBeforeRemoval) {
    KeyRotation rotation{{.new_key = "new"}};
    while (rotation.next() != Step::use) advance(rotation);
    advance(rotation);
    cluster.members["d"] = {"old"};
    while (rotation.next() < Step::done) advance(rotation);
    EXPECT_TRUE(cluster.only("new"));
    EXPECT_THAT(cluster.done, ElementsAre(kInstallNew, kUseNew, kInstallNew, kUseNew, kRemoveOld));
}

TEST_P(RuleK3, SingleNodeIsNotRotated) {
    cluster.members = {{"a", {"old"}}};
    EXPECT_EQ(rotate_to("new").obstacle(), Obstacle::alone);
    EXPECT_THAT(cluster.done, IsEmpty());
    KeyRotation whole_cluster{{.new_key = "new", .alone = true}};
    while (whole_cluster.next() < Step::done) advance(whole_cluster);
    EXPECT_TRUE(cluster.only("new"));
}

TEST_P(RuleK3, FailedMembersCountAsJoined) {
    cluster.members = {{"a", {"old"}}};
    cluster.failed = {"z"};
    EXPECT_EQ(rotate_to("new").obstacle(), Obstacle::failed_before_use);
    EXPECT_TRUE(rotates_to("new", true));
}

TEST_P(RuleK3, ClusterWithoutKeysIsReported) {
    for (auto& [name, keys] : cluster.members) keys.clear();
    EXPECT_EQ(rotate_to("new").obstacle(), Obstacle::no_keys);
    EXPECT_THAT(cluster.done, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Agents, RuleK3, ::testing::Bool(), [](const auto& kind) {
    return kind.param ? "TellWhoHasWhat" : "OnlyCount";
});

}  // namespace
}  // namespace rollcall::serf
