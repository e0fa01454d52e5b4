// SPDX-License-Identifier: Apache-2.0
//
// What a rotation of keys tells its operator. How it goes on is serf::KeyRotation's.
#include "cli/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
                      {.say = [&](const std::string& line) { said.push_back(line); }});
    }
    // With a key that was made for it, which the operator has yet to see.
    std::optional<Failure> rotate_to_a_made_one(bool can_show = true) {
        return rotate({.new_key = kMade}, cluster,
                      {.say = [&](const std::string& line) { said.push_back(line); },
                       .show_new_key =
                           [&] {
                               said.push_back("the key");
                               return can_show;
                           }});
    }
    static constexpr const char* kMade = "AAECAwQFBgcICQoLDA0ODw==";
    AskedCluster cluster;
    std::vector<std::string> said;
};

TEST_F(RotatingKeys, EachStepIsPrintedWithItsResult) {
    EXPECT_FALSE(rotate_to_new());
    EXPECT_THAT(
        said,
        ElementsAre("Installing the new key on all members...", "All 3 members have the new key.",
                    "Making it the primary key on all members...", "All 3 members use the new key.",
                    "Removing the old key (no key) from all members...",
                    "Rotated: all 3 members have only the new key."));
}

TEST_F(RotatingKeys, WhoLacksTheKeyIsNamedAndHowToGoOn) {
    cluster.members.deaf = {{"b", 1000}};
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("not all members have the new key, so it is not used"));
    EXPECT_THAT(failure->message, HasSubstr(": b"));
    EXPECT_THAT(failure->hint, HasSubstr("rollcall keys rotate KEY, with the same key"));
}

// A key that no member has is of no use.
TEST_F(RotatingKeys, AMadeKeyIsShownBeforeTheFirstChangeAndNotWhenThereIsNone) {
    EXPECT_FALSE(rotate_to_a_made_one());
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said.front(), "the key");
    EXPECT_EQ(std::ranges::count(said, "the key"), 1);
}

TEST_F(RotatingKeys, AClusterWithoutKeysIsAnErrorBeforeAKeyIsPrinted) {
    for (auto& [name, keys] : cluster.members.members) keys.clear();
    const auto failure = rotate_to_a_made_one();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("the cluster is not encrypted"));
    EXPECT_THAT(said, ElementsAre());
}

TEST_F(RotatingKeys, AKeyThatCannotBeShownChangesNothing) {
    const auto failure = rotate_to_a_made_one(false);
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("could not be printed; nothing changed"));
    EXPECT_THAT(said, ElementsAre("the key"));
}

TEST_F(RotatingKeys, NoFailureRepeatsTheKey) {
    cluster.members.deaf = {{"b", 1000}};
    const auto failure = rotate_to_a_made_one();
    ASSERT_TRUE(failure);
    EXPECT_EQ((failure->message + failure->hint).find(kMade), std::string::npos);
    EXPECT_THAT(failure->hint, HasSubstr("the key that is shown above (fingerprint be45cb26)"));
}

TEST_F(RotatingKeys, WhoFailedIsNamedAndWhatCanBeDone) {
    cluster.members.failed = {"z"};
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, AllOf(HasSubstr("Refused to use the new key"),
                                        HasSubstr("z failed and may come back without it")));
    EXPECT_THAT(failure->hint, AllOf(HasSubstr("force-leave"), HasSubstr("--without-failed"),
                                     HasSubstr("rollcall keys rotate KEY")));
}

TEST_F(RotatingKeys, AnAgentWithoutOtherMembersIsAnErrorWithAdviceToJoinFirst) {
    cluster.members.members = {{"a", {"old"}}};
    const auto failure = rotate_to_new();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("knows no other member"));
    EXPECT_THAT(failure->hint, AllOf(HasSubstr("--alone"), HasSubstr("rollcall keys rotate KEY")));
    EXPECT_THAT(said, ElementsAre());
}

TEST_F(RotatingKeys, AClusterWithoutKeysHasItsOwnError) {
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

TEST(KeyTable, ShowsWhoHasWhatByFingerprints) {
    const std::string one = "AAECAwQFBgcICQoLDA0ODw==";
    const std::string other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const serf::KeyView view{
        .asked = 3,
        .answered = 2,
        .nodes = {{{.node = "longer", .ok = true, .keys = {one, other}, .primary = one},
                   {.node = "b", .message = "no keyring"}}}};
    EXPECT_EQ(key_table(view),
              "b       no keyring\n"
              "longer  be45cb26*  630dcd29\n"
              "1 of 3 members did not answer\n");
    EXPECT_EQ(key_table({.asked = 3, .answered = 3, .counts = {{one, 2}}}),
              "be45cb26  on 2 of 3 members\n");
}

}  // namespace
}  // namespace rollcall::cli
