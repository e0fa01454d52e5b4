// SPDX-License-Identifier: Apache-2.0
//
// In which order clients get to work, and what else of the loop runs meanwhile.
#include "agent/host/turns.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "support/test_loop.h"
#include "transport/clock.h"

namespace rollcall::agent::tests {
namespace {

using rollcall::tests::TestLoop;
using namespace std::chrono_literals;

// Writes its name into a log that all share, so many times.
struct Worker final : Turns::Client {
    Worker(char its_name, std::string& shared_log, int its_turns, Rank rank = Rank::control)
        : Client{rank}, name{its_name}, log{shared_log}, turns{its_turns} {}

    bool take_turn(Time end) override {
        while (transport::clock_now() < end) {
        }
        log += name;
        if (on_turn) on_turn();
        return --turns > 0;
    }

    char name;
    std::string& log;
    int turns;
    std::function<void()> on_turn;
};

class TurnsTest : public testing::Test {
protected:
    ~TurnsTest() override {
        bool closed = false;
        turns.close([&] { closed = true; });
        EXPECT_TRUE(loop.run_until([&] { return closed; }));
    }
    bool log_has(std::size_t size) {
        return loop.run_until([&] { return log.size() >= size; });
    }

    TestLoop loop;
    Turns turns{loop};
    std::string log;
    Worker a{'a', log, 3}, b{'b', log, 3}, c{'c', log, 1};
};

TEST_F(TurnsTest, WhoAsksWhenNobodyWaitsWorksAtOnce) {
    turns.ask(c);
    EXPECT_EQ(log, "c");
}

TEST_F(TurnsTest, ClientsWithMuchToDoTakeTurns) {
    turns.ask(a);
    turns.ask(b);
    turns.ask(c);
    turns.ask(c);  // still once
    ASSERT_TRUE(log_has(7));
    EXPECT_EQ(log, "aabcabb") << log;
}

TEST_F(TurnsTest, HttpAndScriptsShareTheBudgetAndComeAfterTheControlPort) {
    Worker http{'H', log, 1, Rank::http}, script{'s', log, 1, Rank::scripts};
    turns.ask(a);  // works at once, and has more to do
    turns.ask(script);
    turns.ask(http);
    turns.ask(b);
    ASSERT_TRUE(log_has(8));
    EXPECT_EQ(log, "aababbHs") << log;
}

TEST_F(TurnsTest, WhoIsForgottenIsNotCalledAgainEvenFromWithinItsTurn) {
    a.on_turn = [&] {
        turns.ask(b);
        turns.forget(b);
        turns.forget(a);
    };
    turns.ask(a);
    turns.ask(c);
    ASSERT_TRUE(log_has(2));
    EXPECT_TRUE(loop.stays_quiet([&] { return log.size() > 2; }, 20ms));
    EXPECT_EQ(log, "ac");
}

TEST_F(TurnsTest, WhoIsAskedForDuringATurnOfAnotherWaits) {
    a.turns = 1;
    a.on_turn = [&] {
        turns.ask(c);
        EXPECT_EQ(log, "a");
    };
    turns.ask(a);
    ASSERT_TRUE(log_has(2));
    EXPECT_EQ(log, "ac");
}

// The endless work of one client does not keep the loop from its other timers and sockets.
TEST_F(TurnsTest, TheLoopGoesOnBetweenTurns) {
    a.turns = 1'000'000;
    turns.ask(a);
    std::size_t rounds = 0, last = 0;
    // A turn on a machine that stands still is short: then there are more of them in a round.
    EXPECT_TRUE(loop.run_until([&] {
        if (log.size() > last) ++rounds;
        EXPECT_LT(log.size() - last, 100u) << "turns in one round of the loop";
        last = log.size();
        return rounds >= 200;
    }));
    turns.forget(a);
}

}  // namespace
}  // namespace rollcall::agent::tests
