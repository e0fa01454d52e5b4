// SPDX-License-Identifier: Apache-2.0
//
// Whole agents on loopback, several on one loop: real core, real sockets, real control protocol.
// Starting the program itself is the business of tests/interop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/running_agents.h"
#include "support/test_folder.h"
#include "transport/raw_socket.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using rollcall::tests::whole_file;
using testing::HasSubstr;

TEST_F(Agents, TheBannerHasTheRealPorts) {
    const RunningAgent& agent = start(config("n1"));
    EXPECT_NE(agent.gossip_endpoint().port, 0);
    EXPECT_NE(rpc(agent).port, 0);
    EXPECT_EQ(agent.banner(),
              "         Node name: 'n1'\n"
              "         Bind addr: '" +
                  gossip(agent) +
                  "'\n"
                  "          RPC addr: '" +
                  rpc(agent).to_string() +
                  "'\n"
                  "         Encrypted: false\n"
                  "          Snapshot: false\n"
                  "           Profile: local\n");
}

TEST_F(Agents, InJsonTheBannerIsARecordOfTheLogWhateverIsPrinted) {
    const TestFolder folder;
    AgentConfig wanted = config("n1");
    wanted.log_level = "err";
    wanted.rpc_addr = {"127.0.0.1:0", "unix:" + (folder / "s")};
    auto log = Log::open({.level = Level::err, .format = LogFormat::json, .file = folder / "log"});
    Log& written = **log;
    agents_.push_back(std::make_unique<RunningAgent>(loop_, *settle(wanted), std::move(*log)));
    RunningAgent& agent = *agents_.back();
    ASSERT_FALSE(agent.start());
    agent.log_banner();
    written.flush(1min);
    const auto record = nlohmann::json::parse(whole_file(folder / "log"));
    EXPECT_EQ(record["event"], "started");
    EXPECT_EQ(record["node_name"], "n1");
    EXPECT_EQ(record["bind"], gossip(agent));
    EXPECT_EQ(record["rpc_addr"], rpc(agent).to_string() + ",unix:" + (folder / "s"));
    EXPECT_EQ(record["encrypted"], false);
    EXPECT_EQ(record["snapshot"], false);
    EXPECT_EQ(record["profile"], "local");
}

TEST_F(Agents, Sigusr1WritesAllFiguresInNaturalOrderWhateverIsPrinted) {
    const TestFolder folder;
    AgentConfig wanted = config("n1");
    wanted.log_level = "warn";
    auto log = Log::open({.level = Level::warn, .format = LogFormat::json, .file = folder / "log"});
    Log& written = **log;
    agents_.push_back(std::make_unique<RunningAgent>(loop_, *settle(wanted), std::move(*log)));
    RunningAgent& agent = *agents_.back();
    ASSERT_FALSE(agent.start());
    agent.signal_arrived(SIGUSR1);
    written.flush(1min);
    rpc::Stats told;
    std::vector<std::string> late;
    std::ifstream file{folder / "log"};
    for (std::string line; std::getline(file, line);) {
        const auto record = nlohmann::json::parse(line);
        ASSERT_EQ(record["event"], "figure");
        const std::string key = record["key"];
        told[record["section"]][key] = record["value"];
        if (key.starts_with("loop.late_")) late.push_back(key.substr(10));
    }
    const auto keys = [](const rpc::Stats& stats) {
        std::vector<std::string> all;
        for (const auto& [section, figures] : stats) {
            for (const auto& [key, value] : figures) all.push_back(section + "." + key);
        }
        return all;
    };
    EXPECT_EQ(keys(told), keys(agent.control().stats()));
    EXPECT_THAT(late, testing::ElementsAre("1ms", "2ms", "5ms", "10ms", "20ms", "50ms", "100ms",
                                           "1000ms", "ns"));
}

TEST_F(Agents, AnInterfaceGivesTheAddressThatIsBoundAndAnnounced) {
    AgentConfig named = config("n1");
    named.bind = "0.0.0.0:0";
    named.interface = "lo";
    const RunningAgent& agent = start(named);
    EXPECT_EQ(agent.gossip_endpoint().address_to_string(), "127.0.0.1");
    EXPECT_EQ(agent.control().members().front().address.to_string(), "127.0.0.1");

    named.interface = "none-of-ours";
    auto log = Log::open({.file = "/dev/null"});
    RunningAgent refused{loop_, *settle(named), std::move(*log)};
    EXPECT_THAT(refused.start().value_or("(started)"),
                testing::AllOf(HasSubstr("iface: 'none-of-ours'"), HasSubstr("lo")));
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
    same_rpc.rpc_addr = {rpc(first).to_string()};
    EXPECT_THAT(refusal(same_rpc),
                testing::AllOf(HasSubstr(same_rpc.rpc_addr[0]), HasSubstr("address already in use"),
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
        clients.push_back(transport::RawSocket::connect(rpc(agent)));
    }
    EXPECT_TRUE(until([&] { return agent.control().stats()["rollcall"]["rpc_evicted"] == "3"; }));
    EXPECT_EQ(agent.control().stats()["rollcall"]["rpc_refused"], "0");
}

TEST_F(Agents, CommandsGoIntoTheCoreAndComeBackWithItsWords) {
    RunningAgent& agent = start(config("n1"));
    std::string error = "none yet";
    const auto done = [&](const std::string& e) { error = e; };
    agent.control().set_tags({{"k", std::string(600, 'v')}}, done);
    EXPECT_EQ(error, "Encoded length of tags exceeds limit of 512 bytes");
    agent.control().set_tags({{"k", "v"}}, done);
    ASSERT_TRUE(until([&] { return error.empty(); }));
    EXPECT_EQ(agent.control().tags(), (serf::Tags{{"k", "v"}}));
    error = "none yet";
    agent.control().force_leave("nosuch", true, done);
    EXPECT_TRUE(until([&] { return error.empty(); }));

    unsigned contacted = 9;
    const auto joined = [&](unsigned n, const std::string& e) { contacted = n, error = e; };
    agent.control().join({}, false, joined);
    ASSERT_TRUE(until([&] { return contacted == 0; }));
    EXPECT_EQ(error, "");
    agent.control().join({"not a host:x"}, false, joined);
    EXPECT_THAT(error, HasSubstr("1 error occurred:\n\t* Failed to resolve not a host:x"));
    contacted = 9;
    agent.control().join({"127.0.0.1:1", "127.0.0.1:2"}, false, joined);
    ASSERT_TRUE(until([&] { return contacted == 0; }));
    EXPECT_THAT(error, HasSubstr("2 errors occurred:"));

    const rpc::Stats stats = agent.control().stats();
    EXPECT_EQ(stats.at("agent").at("name"), "n1");
    EXPECT_EQ(stats.at("serf").at("members"), "1");
    EXPECT_EQ(stats.at("serf").at("encrypted"), "false");
    EXPECT_EQ(stats.at("tags").at("k"), "v");
    for (const char* key : {"os", "arch", "version", "max_procs", "goroutines", "cpu_count"}) {
        EXPECT_FALSE(stats.at("runtime").at(key).empty()) << key;
    }
    EXPECT_TRUE(stats.at("event_handlers").empty());
}

TEST_F(Agents, AnAddressInUseIsAnErrorAndNothingRuns) {
    const RunningAgent& first = start(config("n1"));
    for (const bool gossip_taken : {true, false}) {
        AgentConfig second = config("n2");
        (gossip_taken ? second.bind : second.rpc_addr.front()) =
            gossip_taken ? gossip(first) : rpc(first).to_string();
        auto log = Log::open({.file = "/dev/null"});
        TestLoop loop;
        RunningAgent agent{loop, std::move(*settle(second)), std::move(*log)};
        const auto error = agent.start();
        ASSERT_TRUE(error);
        EXPECT_THAT(*error, HasSubstr("address already in use"));
    }
}

}  // namespace
}  // namespace rollcall::agent::tests
