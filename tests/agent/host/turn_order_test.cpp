// SPDX-License-Identifier: Apache-2.0
#include "agent/host/turn_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace rollcall::agent {
namespace {

// Clients are letters: capitals are of HTTP, digits are scripts.
Rank rank_of(char client) {
    if (client >= 'a') return Rank::control;
    return client >= 'A' ? Rank::http : Rank::scripts;
}

class OrderOfTurns : public testing::Test {
protected:
    void ask(const std::string& clients) {
        for (const char client : clients) order_.push(rank_of(client), letter(client));
    }
    // The next ones; each asks again if `again`.
    std::string next(int count, bool again = false) {
        std::string text;
        for (int i = 0; i < count; ++i) {
            const char& client = order_.pop();
            text += client;
            if (again) order_.push(rank_of(client), letter(client));
        }
        return text;
    }
    char& letter(char client) { return letters_[letters_.find(client)]; }

    std::string letters_ = "abcdAB12";
    TurnOrder<char> order_;
};

TEST_F(OrderOfTurns, ControlComesBeforeHttpAndHttpBeforeScripts) {
    ask("1Ab2Ba");
    EXPECT_EQ(order_.size(), 6u);
    EXPECT_EQ(next(6), "baAB12");
    EXPECT_TRUE(order_.empty());
}

TEST_F(OrderOfTurns, ALowerRankIsPassedOverEightTimesAndNotForGood) {
    ask("abA1");
    const std::string turns = next(60, true);
    EXPECT_EQ(turns.substr(0, 8), "abababab");
    EXPECT_EQ(std::ranges::count(turns, 'A'), 6) << turns;
    EXPECT_EQ(std::ranges::count(turns, '1'), 6) << turns;
}

TEST_F(OrderOfTurns, WhoIsErasedIsNotCalled) {
    ask("abA");
    EXPECT_TRUE(order_.has(letter('a')));
    order_.erase(letter('a'));
    order_.erase(letter('A'));
    EXPECT_FALSE(order_.has(letter('a')));
    EXPECT_EQ(next(1), "b");
    EXPECT_TRUE(order_.empty());
}

}  // namespace
}  // namespace rollcall::agent
