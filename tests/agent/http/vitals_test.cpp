// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/vitals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "agent/host/loop_lag.h"
#include "support/test_loop.h"

namespace rollcall::agent::http {
namespace {

using namespace std::chrono_literals;

const Check& check(const std::vector<Check>& checks, std::string_view name) {
    return *std::ranges::find(checks, name, &Check::name);
}
bool all_ok(const std::vector<Check>& checks) {
    return std::ranges::all_of(checks, &Check::ok);
}

class HttpVitals : public testing::Test {
protected:
    HttpVitals() { lag.begin(); }
    ~HttpVitals() override {
        int closed = 0;
        vitals.close([&] { ++closed; });
        lag.close([&] { ++closed; });
        loop.until([&] { return closed == 2; });
    }
    rollcall::tests::TestLoop loop;
    Standing standing;
    LoopLag lag{loop};
    Vitals vitals{loop, [this] { return standing; },
                  [this] {
                      lag.ask();
                      return lag.latest();
                  }};
};

TEST_F(HttpVitals, AnAgentIsReadyOnceItHasJoinedAndItsViewIsQuiet) {
    vitals.begin();
    EXPECT_FALSE(all_ok(vitals.readiness()));
    EXPECT_FALSE(check(vitals.readiness(), "joined").ok);
    standing.joined = true;
    standing.members = 3;
    EXPECT_TRUE(check(vitals.readiness(), "joined").ok);
    EXPECT_FALSE(check(vitals.readiness(), "settled").ok);
    const auto begin = std::chrono::steady_clock::now();
    loop.until([&] { return all_ok(vitals.readiness()); });
    EXPECT_GE(std::chrono::steady_clock::now() - begin, Vitals::kQuiet);
    standing.members = 4;
    EXPECT_FALSE(loop.run_until([&] { return !all_ok(vitals.readiness()); }, 1500ms))
        << "a later member is an ordinary one";
}

TEST_F(HttpVitals, OneThatLeavesOrCannotSendIsNot) {
    standing.joined = true;
    vitals.begin();
    loop.until([&] { return all_ok(vitals.readiness()); });
    standing.leaving = true;
    EXPECT_FALSE(check(vitals.readiness(), "member").ok);
    standing = {.joined = true, .not_sending = "Network is unreachable"};
    EXPECT_FALSE(check(vitals.readiness(), "sending").ok);
    EXPECT_NE(check(vitals.readiness(), "sending").detail.find("unreachable"), std::string::npos);
    EXPECT_TRUE(all_ok(vitals.health())) << "the process works";
}

TEST_F(HttpVitals, ABlockedLoopIsNotHealthyUntilItRunsAgain) {
    vitals.begin();
    EXPECT_TRUE(all_ok(vitals.health()));
    rollcall::tests::TestLoop::block_until(transport::clock_now() + LoopLag::kTick +
                                           Vitals::kMostLag + 100ms);
    EXPECT_FALSE(check(vitals.health(), "loop").ok);
    loop.until([&] { return all_ok(vitals.health()); });
}

}  // namespace
}  // namespace rollcall::agent::http
