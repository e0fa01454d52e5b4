// SPDX-License-Identifier: Apache-2.0
//
// How whole agents end: by a command, by signals, and what the others see of it.
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "agent/running_agents.h"

namespace rollcall::agent::tests {
namespace {

TEST_F(Agents, JoinAtStartThenLeaveIsSeenByTheOther) {
    RunningAgent& first = start(config("n1"));
    AgentConfig joining = config("n2");
    joining.join = {gossip(first)};
    joining.tags = {{"role", "db"}};
    RunningAgent& second = start(joining);
    ASSERT_TRUE(sees(first, "n2", serf::Status::alive));
    ASSERT_TRUE(sees(second, "n1", serf::Status::alive));

    std::string answer = "none yet";
    second.control().leave([&](const std::string& error) { answer = error; });
    std::string refused;
    second.control().leave([&](const std::string& error) { refused = error; });
    EXPECT_EQ(refused, "Leave already in progress");
    ASSERT_TRUE(until([&] { return second.ended(); }));
    EXPECT_EQ(answer, "");
    EXPECT_EQ(second.exit_code(), 0);
    EXPECT_TRUE(sees(first, "n2", serf::Status::left));
}

TEST_F(Agents, AnInterruptLeavesAndASecondOneAborts) {
    RunningAgent& first = start(config("n1"));
    AgentConfig joining = config("n2");
    joining.join = {gossip(first)};
    RunningAgent& second = start(joining);
    ASSERT_TRUE(sees(first, "n2", serf::Status::alive));
    second.signal_arrived(SIGINT);
    ASSERT_TRUE(until([&] { return second.ended(); }));
    EXPECT_EQ(second.exit_code(), 0);
    EXPECT_EQ(status(first, "n2"), serf::Status::left);

    AgentConfig again = config("n3");
    again.join = {gossip(first)};
    RunningAgent& third = start(again);
    ASSERT_TRUE(sees(first, "n3", serf::Status::alive));
    third.signal_arrived(SIGINT);
    third.signal_arrived(SIGINT);
    ASSERT_TRUE(until([&] { return third.ended(); }));
    EXPECT_EQ(third.exit_code(), 1);
}

TEST_F(Agents, TerminationStopsWithoutLeavingUnlessConfigured) {
    RunningAgent& first = start(config("n1"));
    AgentConfig joining = config("n2");
    joining.join = {gossip(first)};
    RunningAgent& second = start(joining);
    ASSERT_TRUE(sees(first, "n2", serf::Status::alive));
    second.signal_arrived(SIGTERM);
    ASSERT_TRUE(until([&] { return second.ended(); }));
    EXPECT_EQ(second.exit_code(), 1);
    EXPECT_TRUE(sees(first, "n2", serf::Status::failed));

    AgentConfig polite = config("n3");
    polite.leave_on_terminate = true;
    RunningAgent& third = start(polite);
    third.signal_arrived(SIGTERM);
    ASSERT_TRUE(until([&] { return third.ended(); }));
    EXPECT_EQ(third.exit_code(), 0);

    AgentConfig rude = config("n4");
    rude.skip_leave_on_interrupt = true;
    RunningAgent& fourth = start(rude);
    fourth.signal_arrived(SIGINT);
    ASSERT_TRUE(until([&] { return fourth.ended(); }));
    EXPECT_EQ(fourth.exit_code(), 1);
}

}  // namespace
}  // namespace rollcall::agent::tests
