// SPDX-License-Identifier: Apache-2.0
//
// Rotating the keys of a cluster: in which order, and when not to go on.
#include "cli/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rollcall::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Members with keyrings, who miss a question now and then. At no time may two of those who are
// there be without a key in common that the speaker uses.
class RotatedCluster final : public KeyCluster {
public:
    explicit RotatedCluster(std::vector<std::string> names) {
        for (std::string& name : names) members[name] = {"old"};
    }

    std::map<std::string, std::vector<std::string>> members;  // keys, primary first
    std::set<std::string> failed, encrypted_not;
    std::map<std::string, int> deaf;  // misses so many changes
    bool tells_nodes = true;          // a Serf agent does not
    std::vector<std::string> done;
    bool locked_out = false;
    std::function<void()> after_install;

    Result<KeyHolders, Failure> holders() override {
        KeyHolders all{.failed = failed};
        for (const auto& [name, keys] : members) all.live.insert(name);
        return all;
    }
    Result<KeyView, Failure> view() override {
        KeyView view{.asked = members.size(), .answered = members.size()};
        std::vector<agent::rpc::NodeKeys> nodes;
        for (const auto& [name, keys] : members) {
            if (keys.empty()) view.failures[name] = "Keyring is empty (encryption not enabled)";
            for (const std::string& key : keys) ++view.counts[key];
            nodes.push_back({.node = name,
                             .result = !keys.empty(),
                             .keys = keys,
                             .primary = keys.empty() ? "" : keys.front()});
        }
        if (tells_nodes) view.nodes = std::move(nodes);
        return view;
    }
    Result<bool, Failure> change(Change what, const std::string& key) override {
        static const std::map<Change, std::string> kNames{
            {Change::install, "install"}, {Change::use, "use"}, {Change::remove, "remove"}};
        done.push_back(kNames.at(what) + " " + key);
        bool all = true;
        for (auto& [name, keys] : members) {
            if (deaf[name] > 0) {
                --deaf[name];
                all = false;
                continue;
            }
            const auto at = std::ranges::find(keys, key);
            if (what == Change::install && at == keys.end()) keys.push_back(key);
            if (what == Change::use && at == keys.end()) all = false;
            if (what == Change::use && at != keys.end()) std::rotate(keys.begin(), at, at + 1);
            if (what == Change::remove && at == keys.begin()) all = false;
            if (what == Change::remove && at != keys.end() && at != keys.begin()) keys.erase(at);
        }
        if (what == Change::install && after_install) std::exchange(after_install, {})();
        for (const auto& [speaker, spoken] : members) {
            for (const auto& [listener, known] : members) {
                const bool understood =
                    spoken.empty() || std::ranges::find(known, spoken.front()) != known.end();
                locked_out = locked_out || !understood;
            }
        }
        return all;
    }
};

class RotatingKeys : public ::testing::TestWithParam<bool> {
protected:
    RotatingKeys() { cluster.tells_nodes = GetParam(); }
    std::optional<Failure> rotate_to(const std::string& key, bool without_failed = false) {
        auto failure = rotate({.new_key = key, .without_failed = without_failed}, cluster,
                              [&](const std::string& line) { said.push_back(line); });
        EXPECT_FALSE(cluster.locked_out);
        return failure;
    }
    bool only(const std::string& key) {
        return std::ranges::all_of(
            cluster.members, [&](const auto& member) { return member.second == std::vector{key}; });
    }
    RotatedCluster cluster{{"a", "b", "c"}};
    std::vector<std::string> said;
};

TEST_P(RotatingKeys, InstallsUsesAndRemovesInThisOrder) {
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_TRUE(only("new"));
    EXPECT_THAT(cluster.done, ElementsAre("install new", "use new", "remove old"));
    EXPECT_THAT(said.back(), HasSubstr("all 3 members"));
}

TEST_P(RotatingKeys, EachStepIsRepeatedForThoseWhoMissedIt) {
    cluster.deaf = {{"a", 1}, {"c", 3}};
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_TRUE(only("new"));
    EXPECT_GE(std::ranges::count(cluster.done, "install new"), 4);
}

TEST_P(RotatingKeys, WhoNeverGetsTheKeyKeepsItFromBeingUsed) {
    cluster.deaf = {{"b", 1000}};
    const auto failure = rotate_to("new");
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("not all members have the new key"));
    if (GetParam()) {
        EXPECT_THAT(failure->message, HasSubstr(": b"));
    }
    EXPECT_THAT(failure->hint, HasSubstr("rollcall keys rotate new"));
    for (const auto& [name, keys] : cluster.members) EXPECT_EQ(keys.front(), "old") << name;
    // And later, when it hears again:
    cluster.deaf.clear();
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_TRUE(only("new"));
}

TEST_P(RotatingKeys, ADoneRotationIsDoneAgainWithoutHarm) {
    ASSERT_FALSE(rotate_to("new"));
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_TRUE(only("new"));
    EXPECT_EQ(std::ranges::count(cluster.done, "install new"), 1);
}

TEST_P(RotatingKeys, OneThatStoppedHalfwayIsTakenUp) {
    cluster.members = {{"a", {"new", "old"}}, {"b", {"old", "new"}}, {"c", {"old"}}};
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_TRUE(only("new"));
}

TEST_P(RotatingKeys, AllOldKeysGo) {
    for (auto& [name, keys] : cluster.members) keys = {"old", "older"};
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_TRUE(only("new"));
}

TEST_P(RotatingKeys, AFailedMemberMayComeBackSoNothingIsUsedUnlessTheOperatorSaysSo) {
    cluster.failed = {"z"};
    const auto failure = rotate_to("new");
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("z failed and may come back without it"));
    EXPECT_THAT(cluster.done, ElementsAre("install new"));
    EXPECT_FALSE(rotate_to("new", true));
    EXPECT_TRUE(only("new"));
}

TEST_P(RotatingKeys, WhoJoinsMeanwhileGetsTheNewKeyToo) {
    cluster.after_install = [&] { cluster.members["d"] = {"old"}; };
    EXPECT_FALSE(rotate_to("new"));
    EXPECT_EQ(cluster.members.size(), 4u);
    EXPECT_TRUE(only("new"));
}

TEST_P(RotatingKeys, AClusterWithoutKeysIsToldApart) {
    for (auto& [name, keys] : cluster.members) keys.clear();
    const auto failure = rotate_to("new");
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("encryption not enabled"));
    EXPECT_THAT(cluster.done, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Agents, RotatingKeys, ::testing::Bool(), [](const auto& kind) {
    return kind.param ? "TellWhoHasWhat" : "OnlyCount";
});

TEST(KeyTable, ShowsWhoHasWhatAndHidesMostOfIt) {
    const KeyView view{.asked = 3,
                       .answered = 2,
                       .nodes = {{{.node = "longer",
                                   .result = true,
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
