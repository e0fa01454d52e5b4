// SPDX-License-Identifier: Apache-2.0
//
// What a rotation of keys tells its operator. How it goes on is serf::KeyRotation's.
#include "cli/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/rotated_cluster.h"

namespace rollcall::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AskedCluster final : public KeyCluster {
public:
    tests::RotatedCluster members{{"a", "b", "c"}};
    bool silent = false;  // from the first change on

    Result<serf::KeyHolders, Failure> holders() override { return members.holders(); }
    Result<serf::KeyView, Failure> view() override { return members.view(); }
    Result<bool, Failure> change(serf::KeyCommand what, const std::string& key) override {
        if (silent) return Failure{"the agent hung up", ""};
        return members.change(what, key);
    }
};

class RotatingKeys : public ::testing::Test {
protected:
    std::optional<Failure> rotate_to_new() {
        return rotate({.new_key = "new"}, cluster,
                      [&](const std::string& line) { said.push_back(line); });
    }
    AskedCluster cluster;
    std::vector<std::string> said;
};

TEST_F(RotatingKeys, EachStepIsToldAndWhatItShowed) {
    EXPECT_FALSE(rotate_to_new());
    EXPECT_THAT(
        said,
        ElementsAre("Installing the new key on all members...", "All 3 members have the new key.",
                    "Making it the primary key on all members...", "All 3 members use the new key.",
                    "Removing the old key old.. from all members...",
                    "Rotated: all 3 members have the new key alone."));
}

TEST_F(RotatingKeys, WhoLacksTheKeyIsNamedAndHowToGoOn) {
    cluster.members.deaf = {{"b", 1000}};
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("not all members have the new key, so it is not used"));
    EXPECT_THAT(failure->message, HasSubstr(": b"));
    EXPECT_THAT(failure->hint, HasSubstr("rollcall keys rotate new"));
}

TEST_F(RotatingKeys, WhoFailedIsNamedAndWhatCanBeDone) {
    cluster.members.failed = {"z"};
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, AllOf(HasSubstr("Refused to use the new key"),
                                        HasSubstr("z failed and may come back without it")));
    EXPECT_THAT(failure->hint, AllOf(HasSubstr("force-leave"), HasSubstr("--without-failed"),
                                     HasSubstr("rollcall keys rotate new")));
}

TEST_F(RotatingKeys, AnAgentThatKnowsNobodyElseIsAskedToJoinFirst) {
    cluster.members.members = {{"a", {"old"}}};
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("knows no other member"));
    EXPECT_THAT(failure->hint, AllOf(HasSubstr("--alone"), HasSubstr("rollcall keys rotate new")));
    EXPECT_THAT(said, ElementsAre());
}

TEST_F(RotatingKeys, AClusterWithoutKeysIsToldApart) {
    for (auto& [name, keys] : cluster.members.members) keys.clear();
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("encryption not enabled"));
}

TEST_F(RotatingKeys, AnAgentThatDoesNotAnswerEndsIt) {
    cluster.silent = true;
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->message, "the agent hung up");
}

TEST(KeyTable, ShowsWhoHasWhatAndHidesMostOfIt) {
    const serf::KeyView view{.asked = 3,
                             .answered = 2,
                             .nodes = {{{.node = "longer",
                                         .ok = true,
                                         .keys = {"0123456789", "abcdefghij"},
                                         .primary = "0123456789"},
                                        {.node = "b", .message = "no keyring"}}}};
    EXPECT_EQ(key_table(view),
              "b       no keyring\n"
              "longer  01234567..*  abcdefgh..\n"
              "1 of 3 members did not answer\n");
    EXPECT_EQ(key_table({.asked = 3, .answered = 3, .counts = {{"0123456789", 2}}}),
              "01234567..  on 2 of 3 members\n");
}

}  // namespace
}  // namespace rollcall::cli
