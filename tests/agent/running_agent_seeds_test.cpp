// SPDX-License-Identifier: Apache-2.0
//
// Whole agents and their seeds: at the start, later, and when there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/running_agents.h"

namespace rollcall::agent::tests {
namespace {

using testing::HasSubstr;

TEST_F(Agents, AStartThatReachesNoSeedExitsWithOne) {
    AgentConfig lonely = config("n1");
    lonely.join = {"127.0.0.1:1"};
    RunningAgent& agent = start(lonely);
    ASSERT_TRUE(until([&] { return agent.ended(); }));
    EXPECT_EQ(agent.exit_code(), 1);
    EXPECT_EQ(agent.end_reason(), "could not join at start: 127.0.0.1:1: connection refused");
}

TEST_F(Agents, RetryingEndsWithOneWhenTheAttemptsAreUsedUp) {
    AgentConfig lonely = config("n1");
    lonely.retry_join = {"127.0.0.1:1"};
    lonely.retry_max = 1;  // after the first
    RunningAgent& agent = start(lonely);
    ASSERT_TRUE(until([&] { return agent.ended(); }));
    EXPECT_EQ(agent.exit_code(), 1);
    EXPECT_THAT(agent.end_reason(), HasSubstr("maximum retry join attempts"));
}

TEST_F(Agents, ASeedThatComesLateIsFoundByRetrying) {
    // A port that is free now and taken by the seed later.
    RunningAgent& holder = start(config("holder"));
    const std::string seed = gossip(holder);
    holder.stop(1);
    ASSERT_TRUE(until([&] { return holder.ended(); }));
    AgentConfig retrying = config("n1");
    retrying.retry_join = {"localhost:" + seed.substr(seed.rfind(':') + 1)};
    const RunningAgent& agent = start(retrying);
    AgentConfig late = config("seed");
    late.bind = seed;
    start(late);
    EXPECT_TRUE(sees(agent, "seed", serf::Status::alive));
}

TEST_F(Agents, InfoHasTheResultOfEachSeed) {
    const RunningAgent& first = start(config("a"));
    const std::string absent = "127.0.0.1:1", nameless = "file+/nowhere/seeds";
    AgentConfig seeded = config("b");
    seeded.retry_join = {gossip(first), absent, nameless};
    const RunningAgent& agent = start(seeded);
    const auto of = [&](const std::string& seed) {
        return agent.control().stats().at("seeds").at(seed);
    };
    EXPECT_EQ(of(absent), "not tried yet");
    EXPECT_TRUE(until([&] { return of(gossip(first)) == "alive member"; }));
    EXPECT_TRUE(until([&] { return of(absent) == absent + ": connection refused"; })) << of(absent);
    EXPECT_THAT(of(nameless), HasSubstr("/nowhere/seeds: No such file"));

    AgentConfig lonely = config("c");
    lonely.retry_join = {absent};
    const RunningAgent& alone = start(lonely);
    const auto seeds = [&] { return alone.control().stats().at("seeds").at(absent); };
    ASSERT_TRUE(until([&] { return seeds() != "not tried yet"; }));
    EXPECT_THAT(seeds(), HasSubstr("127.0.0.1:1: connection refused"));
}

TEST_F(Agents, AnAgentThatIsItsOwnSeedIsAloneAndDialsNoAddress) {
    RunningAgent& holder = start(config("holder"));
    const std::string address = gossip(holder);
    holder.stop(1);
    ASSERT_TRUE(until([&] { return holder.ended(); }));
    AgentConfig own = config("a");
    own.bind = address;
    own.join = {address};
    own.retry_join = {address};
    const RunningAgent& agent = start(own);
    ASSERT_TRUE(
        until([&] { return agent.control().stats()["seeds"][address] == "this agent itself"; }));
    EXPECT_FALSE(agent.ended());
    EXPECT_EQ(agent.control().stats()["transport"]["tcp.opened"], "0");
}

TEST_F(Agents, SeedsAreAskedAgainLongAfterTheJoin) {
    // n2 and n3 join through the seed; the seed is replaced by a fresh one that knows no member.
    // The others never hear of it, but they watch their seed.
    RunningAgent& seed = start(config("seed"));
    const std::string address = gossip(seed);
    AgentConfig joining = config("n2");
    joining.join = {address};
    const RunningAgent& second = start(joining);
    ASSERT_TRUE(sees(second, "seed", serf::Status::alive));
    std::string left = "none yet";
    seed.control().leave([&](const std::string& error) { left = error; });
    ASSERT_TRUE(until([&] { return seed.ended(); }));
    ASSERT_TRUE(sees(second, "seed", serf::Status::left));

    AgentConfig fresh = config("another-name");
    fresh.bind = address;
    const RunningAgent& replacement = start(fresh);
    EXPECT_TRUE(sees(replacement, "n2", serf::Status::alive));
    EXPECT_TRUE(
        until([&] { return second.control().stats()["seeds"][address] == "alive member"; }));
}

}  // namespace
}  // namespace rollcall::agent::tests
