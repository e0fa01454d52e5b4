// SPDX-License-Identifier: Apache-2.0
//
// Whom an agent asks that comes back: everybody it remembers, those alive first, until one answers.
#include "agent/join/rejoin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
constexpr Time kReturn{1000s};

std::vector<Rejoin::Remembered> some(const std::string& prefix, int count) {
    std::vector<Rejoin::Remembered> members;
    for (int i = 0; i < count; ++i) {
        members.push_back({.name = prefix + std::to_string(i),
                           .endpoint = *Endpoint::parse_address("127.0.0.1", 7946)});
    }
    return members;
}

// The sizes of the attempts of one round without an answer, and whom they asked.
std::pair<std::vector<std::size_t>, std::vector<std::string>> one_round(Rejoin& rejoin, Time now) {
    std::vector<std::size_t> sizes;
    std::vector<std::string> asked;
    const unsigned before = rejoin.rounds();
    while (rejoin.rounds() == before) {
        const auto batch = rejoin.take_due(now, true);
        if (batch.empty()) break;
        sizes.push_back(batch.size());
        for (const auto& member : batch) asked.push_back(member.name);
        rejoin.attempt_ended(now, 0);
    }
    return {sizes, asked};
}

TEST(RuleH4, EachAddressIsTriedOnceInGrowingBatches) {
    Rejoin rejoin{some("a", 40), some("f", 10), 30s, 1};
    rejoin.begin(kReturn);
    const auto [sizes, asked] = one_round(rejoin, kReturn);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2, 4, 8, 16, 16, 3}));
    EXPECT_EQ((std::set<std::string>{asked.begin(), asked.end()}.size()), 50u);
    EXPECT_TRUE(std::ranges::all_of(asked.begin(), asked.begin() + 40,
                                    [](const std::string& name) { return name[0] == 'a'; }));
}

TEST(RuleH4, TheOrderIsDrawn) {
    std::set<std::string> first;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Rejoin rejoin{some("a", 10), {}, 30s, seed};
        rejoin.begin(kReturn);
        first.insert(rejoin.take_due(kReturn, true).at(0).name);
    }
    EXPECT_GT(first.size(), 3u);
}

TEST(RuleH4, OneAnswerIsEnough) {
    Rejoin rejoin{some("a", 5), {}, 30s, 1};
    rejoin.begin(kReturn);
    EXPECT_EQ(rejoin.take_due(kReturn, true).size(), 1u);
    EXPECT_EQ(rejoin.next_deadline(), std::nullopt) << "an attempt is running";
    rejoin.attempt_ended(kReturn, 1);
    EXPECT_TRUE(rejoin.done());
    EXPECT_EQ(rejoin.next_deadline(), std::nullopt);
}

TEST(RuleH4, WithoutAnAnswerAllAreTriedAgainAfterGrowingDelays) {
    Rejoin rejoin{some("a", 5), {}, 30s, 1};
    rejoin.begin(kReturn);
    Time now = kReturn;
    Duration longest{};
    for (unsigned round = 1; round <= 6; ++round) {
        const auto [sizes, asked] = one_round(rejoin, now);
        EXPECT_EQ(asked.size(), 5u);
        EXPECT_EQ(rejoin.rounds(), round);
        ASSERT_TRUE(rejoin.next_deadline());
        EXPECT_TRUE(rejoin.take_due(*rejoin.next_deadline() - 1ms, true).empty());
        longest = std::max(longest, *rejoin.next_deadline() - now);
        now = *rejoin.next_deadline();
    }
    EXPECT_GT(longest, 2min);
    EXPECT_LE(longest, 5min);
}

TEST(RuleH4, WithOtherMembersNoAddressIsTried) {
    Rejoin rejoin{some("a", 5), {}, 30s, 1};
    rejoin.begin(kReturn);
    EXPECT_TRUE(rejoin.take_due(kReturn, false).empty());
    EXPECT_TRUE(rejoin.done());
}

TEST(RuleH4, WithoutAddressesItIsDoneAtOnce) {
    Rejoin rejoin{{}, {}, 30s, 1};
    rejoin.begin(kReturn);
    EXPECT_TRUE(rejoin.done());
    EXPECT_EQ(rejoin.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace rollcall::agent
