// SPDX-License-Identifier: Apache-2.0
//
// Whole agents under a service manager: when they are ready, how they reload and stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "agent/running_agents.h"
#include "agent/service/fake_manager.h"
#include "support/test_folder.h"

namespace rollcall::agent::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ServiceAgents : public Agents {
protected:
    RunningAgent& start_as_service(const AgentConfig& wanted) {
        auto log = Log::open({.level = Level::debug, .file = "/dev/null"});
        agents_.push_back(std::make_unique<RunningAgent>(loop_, *settle(wanted), std::move(*log)));
        agents_.back()->notify({.notify_socket = manager_.address()});
        EXPECT_FALSE(agents_.back()->start());
        return *agents_.back();
    }

    rollcall::tests::TestFolder folder_;
    FakeManager manager_{folder_ / "notify"};
};

TEST_F(ServiceAgents, AnAgentIsReadyWhenASeedHasAnswered) {
    RunningAgent& seed = start(config("seed"));
    AgentConfig wanted = config("n1");
    wanted.retry_join = {gossip(seed)};
    start_as_service(wanted);
    EXPECT_THAT(manager_.messages(), ElementsAre(HasSubstr("; joining")));
    ASSERT_TRUE(until([&] { return manager_.count("READY=1") == 1; }));
    EXPECT_TRUE(until([&] {
        return manager_.count("STATUS=2 members alive, 0 failed, 0 left") == 1 ||
               manager_.messages().back().find("2 members alive") != std::string::npos;
    }));
}

TEST_F(ServiceAgents, AJoinThatFailsIsNoReadiness) {
    AgentConfig wanted = config("n1");
    wanted.join = {"127.0.0.1:1"};
    RunningAgent& agent = start_as_service(wanted);
    ASSERT_TRUE(until([&] { return agent.ended(); }));
    EXPECT_EQ(manager_.count("READY=1"), 0u);
    EXPECT_EQ(manager_.count("STOPPING=1"), 1u);
}

TEST_F(ServiceAgents, AReloadIsReportedAndSoIsARefusedOne) {
    AgentConfig wanted = config("n1");
    RunningAgent& agent = start_as_service(wanted);
    agent.reload_from(wanted, [&wanted]() -> Result<LoadedConfig, std::string> {
        auto settings = settle(wanted);
        if (!settings) return settings.error().to_string();
        return LoadedConfig{
            .config = wanted, .settings = std::move(*settings), .origins = {}, .warnings = {}};
    });
    ASSERT_EQ(manager_.count("READY=1"), 1u) << "no seeds: ready at once";
    agent.signal_arrived(SIGHUP);
    ASSERT_TRUE(until([&] { return manager_.count("READY=1") == 2; }));
    EXPECT_EQ(manager_.count("RELOADING=1"), 1u);
    wanted.suspicion_mult = 65;
    agent.signal_arrived(SIGHUP);
    ASSERT_TRUE(until([&] { return manager_.count("READY=1") == 3; }));
    EXPECT_THAT(manager_.messages().back(), HasSubstr("the last reload was refused"));
}

TEST_F(ServiceAgents, ALeaveIsStoppingFromItsBegin) {
    AgentConfig wanted = config("n1");
    wanted.leave_on_terminate = true;
    RunningAgent& agent = start_as_service(wanted);
    agent.signal_arrived(SIGTERM);
    EXPECT_THAT(manager_.messages().back(), StartsWith("STOPPING=1\nSTATUS=leaving"));
    ASSERT_TRUE(until([&] { return agent.ended(); }));
    EXPECT_EQ(agent.exit_code(), 0);
    EXPECT_EQ(manager_.count("STOPPING=1"), 1u);
}

}  // namespace
}  // namespace rollcall::agent::tests
