// SPDX-License-Identifier: Apache-2.0
//
// Whole agents on loopback, several on one loop: real core, real sockets, real control protocol.
// Starting the program itself is the business of tests/interop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "agent/running_agents.h"
#include "transport/raw_socket.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(Agents, TheBannerTellsTheRealPorts) {
    const RunningAgent& agent = start(config("n1"));
    EXPECT_NE(agent.gossip_endpoint().port, 0);
    EXPECT_NE(agent.rpc_endpoint().port, 0);
    EXPECT_EQ(agent.banner(),
              "         Node name: 'n1'\n"
              "         Bind addr: '" +
                  gossip(agent) +
                  "'\n"
                  "          RPC addr: '" +
                  agent.rpc_endpoint().to_string() +
                  "'\n"
                  "         Encrypted: false\n"
                  "           Profile: local\n");
}

TEST_F(Agents, JoinAtStartThenLeaveIsSeenByTheOther) {
    RunningAgent& first = start(config("n1"));
    AgentConfig joining = config("n2");
    joining.join = {gossip(first)};
    joining.tags = {{"role", "db"}};
    RunningAgent& second = start(joining);
    ASSERT_TRUE(sees(first, "n2", serf::Status::alive));
    ASSERT_TRUE(sees(second, "n1", serf::Status::alive));

    std::string answer = "none yet";
    second.leave([&](const std::string& error) { answer = error; });
    std::string refused;
    second.leave([&](const std::string& error) { refused = error; });
    EXPECT_EQ(refused, "Leave already in progress");
    ASSERT_TRUE(until([&] { return second.ended(); }));
    EXPECT_EQ(answer, "");
    EXPECT_EQ(second.exit_code(), 0);
    EXPECT_TRUE(sees(first, "n2", serf::Status::left));
}

TEST_F(Agents, ATakenPortIsNamedWithTheFlagThatChangesIt) {
    const RunningAgent& first = start(config("n1"));
    const auto refusal = [&](AgentConfig second) {
        auto log = Log::open({.level = Level::debug, .file = "/dev/null"});
        RunningAgent agent{loop_, *settle(second), std::move(*log)};
        return agent.start().value_or("(started)");
    };
    AgentConfig same_gossip = config("n2");
    same_gossip.bind = gossip(first);
    EXPECT_THAT(refusal(same_gossip),
                testing::AllOf(HasSubstr(gossip(first)), HasSubstr("address already in use"),
                               HasSubstr("--bind")));
    AgentConfig same_rpc = config("n2");
    same_rpc.rpc_addr = first.rpc_endpoint().to_string();
    EXPECT_THAT(refusal(same_rpc),
                testing::AllOf(HasSubstr(same_rpc.rpc_addr), HasSubstr("address already in use"),
                               HasSubstr("--rpc-addr")));
}

TEST_F(Agents, WithFewDescriptorsOldClientsGiveWayToNewOnes) {
    auto settings = settle(config("n1"));
    ASSERT_TRUE(settings);
    settings->descriptors = 40;  // 8 to share: two clients
    auto log = Log::open({.level = Level::debug, .file = "/dev/null"});
    agents_.push_back(std::make_unique<RunningAgent>(loop_, std::move(*settings), std::move(*log)));
    RunningAgent& agent = *agents_.back();
    ASSERT_FALSE(agent.start());
    std::vector<transport::RawSocket> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(transport::RawSocket::connect(agent.rpc_endpoint()));
    }
    EXPECT_TRUE(until([&] { return agent.stats()["rollcall"]["rpc_evicted"] == "3"; }));
    EXPECT_EQ(agent.stats()["rollcall"]["rpc_refused"], "0");
}

TEST_F(Agents, AStartThatReachesNobodyEndsWithOne) {
    AgentConfig lonely = config("n1");
    lonely.join = {"127.0.0.1:1"};
    RunningAgent& agent = start(lonely);
    ASSERT_TRUE(until([&] { return agent.ended(); }));
    EXPECT_EQ(agent.exit_code(), 1);
    EXPECT_THAT(agent.end_reason(), HasSubstr("Failed to join 127.0.0.1"));
}

TEST_F(Agents, RetryingEndsWithOneWhenTheAttemptsAreUsedUp) {
    AgentConfig lonely = config("n1");
    lonely.retry_join = {"127.0.0.1:1"};
    lonely.retry_max = 2;
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

TEST_F(Agents, SeedsAreAskedAgainLongAfterTheJoin) {
    // n2 and n3 join through the seed; the seed is replaced by a fresh one that knows nobody. The
    // others never hear of it, but they watch their seed.
    RunningAgent& seed = start(config("seed"));
    const std::string address = gossip(seed);
    AgentConfig joining = config("n2");
    joining.join = {address};
    const RunningAgent& second = start(joining);
    ASSERT_TRUE(sees(second, "seed", serf::Status::alive));
    std::string left = "none yet";
    seed.leave([&](const std::string& error) { left = error; });
    ASSERT_TRUE(until([&] { return seed.ended(); }));
    ASSERT_TRUE(sees(second, "seed", serf::Status::left));

    AgentConfig fresh = config("another-name");
    fresh.bind = address;
    const RunningAgent& replacement = start(fresh);
    EXPECT_TRUE(sees(replacement, "n2", serf::Status::alive));
    EXPECT_TRUE(until([&] { return second.stats()["seeds"][address] == "alive member"; }));
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

TEST_F(Agents, TerminationStopsWithoutLeavingUnlessToldTo) {
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

TEST_F(Agents, CommandsGoIntoTheCoreAndComeBackWithItsWords) {
    RunningAgent& agent = start(config("n1"));
    std::string error = "none yet";
    const auto done = [&](const std::string& e) { error = e; };
    agent.set_tags({{"k", std::string(600, 'v')}}, done);
    EXPECT_EQ(error, "Encoded length of tags exceeds limit of 512 bytes");
    agent.set_tags({{"k", "v"}}, done);
    ASSERT_TRUE(until([&] { return error.empty(); }));
    EXPECT_EQ(agent.tags(), (serf::Tags{{"k", "v"}}));
    error = "none yet";
    agent.force_leave("nosuch", true, done);
    EXPECT_TRUE(until([&] { return error.empty(); }));

    unsigned contacted = 9;
    const auto joined = [&](unsigned n, const std::string& e) { contacted = n, error = e; };
    agent.join({}, false, joined);
    ASSERT_TRUE(until([&] { return contacted == 0; }));
    EXPECT_EQ(error, "");
    agent.join({"not a host:x"}, false, joined);
    EXPECT_THAT(error, HasSubstr("1 error occurred:\n\t* Failed to resolve not a host:x"));
    contacted = 9;
    agent.join({"127.0.0.1:1", "127.0.0.1:2"}, false, joined);
    ASSERT_TRUE(until([&] { return contacted == 0; }));
    EXPECT_THAT(error, HasSubstr("2 errors occurred:"));

    const rpc::Stats stats = agent.stats();
    EXPECT_EQ(stats.at("agent").at("name"), "n1");
    EXPECT_EQ(stats.at("serf").at("members"), "1");
    EXPECT_EQ(stats.at("serf").at("encrypted"), "false");
    EXPECT_EQ(stats.at("tags").at("k"), "v");
    for (const char* key : {"os", "arch", "version", "max_procs", "goroutines", "cpu_count"}) {
        EXPECT_FALSE(stats.at("runtime").at(key).empty()) << key;
    }
    EXPECT_TRUE(stats.at("event_handlers").empty());
}

TEST_F(Agents, AnAddressInUseIsSaidAndNothingRuns) {
    const RunningAgent& first = start(config("n1"));
    for (const bool gossip_taken : {true, false}) {
        AgentConfig second = config("n2");
        (gossip_taken ? second.bind : second.rpc_addr) =
            gossip_taken ? gossip(first) : first.rpc_endpoint().to_string();
        auto log = Log::open({.file = "/dev/null"});
        uv_loop_t loop;
        uv_loop_init(&loop);
        {
            RunningAgent agent{loop, std::move(*settle(second)), std::move(*log)};
            const auto error = agent.start();
            ASSERT_TRUE(error);
            EXPECT_THAT(*error, HasSubstr("address already in use"));
        }
        uv_run(&loop, UV_RUN_DEFAULT);
        EXPECT_EQ(uv_loop_close(&loop), 0);
    }
}

}  // namespace
}  // namespace rollcall::agent::tests
