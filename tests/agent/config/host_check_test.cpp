// SPDX-License-Identifier: Apache-2.0
//
// What a start refuses, `--check` refuses: both ask host_mistakes(), in words that name the
// setting.
#include "agent/config/host_check.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <optional>

#include "agent/control/unix_socket.h"
#include "agent/running_agents.h"
#include "support/test_folder.h"

namespace rollcall::agent::tests {
namespace {

using rollcall::tests::TestFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HostChecks : public Agents {
protected:
    static std::vector<std::string> missing(const AgentConfig& wanted) {
        Settled settled = settle_all(wanted);
        EXPECT_THAT(settled.mistakes, IsEmpty());
        std::vector<std::string> texts;
        for (const ConfigError& each : host_mistakes(settled.settings)) {
            texts.push_back(each.to_string());
        }
        return texts;
    }
    // As the program does: the log first, then the agent.
    std::optional<std::string> start_refuses(const AgentConfig& wanted) {
        auto settings = settle(wanted);
        auto log = Log::open({.file = wanted.log_file.empty() ? "/dev/null" : wanted.log_file});
        if (!log) return log.error();
        RunningAgent agent{loop_, std::move(*settings), std::move(*log)};
        return agent.start();
    }
    const TestFolder folder_;
};

TEST_F(HostChecks, WhateverTheStartRefusesIsFoundBefore) {
    const std::string folder = folder_.path(), file = folder_.write("file", "text");
    const std::string pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    struct Mistake {
        const char* field;
        std::string why;
        std::function<void(AgentConfig&)> make;
    };
    const std::vector<Mistake> mistakes{
        {"snapshot", "Is a directory", [&](auto& c) { c.snapshot = folder; }},
        {"snapshot", "Not a directory", [&](auto& c) { c.snapshot = file + "/snapshot"; }},
        {"snapshot", "not a regular file", [&](auto& c) { c.snapshot = pipe; }},
        {"snapshot", "not a regular file", [&](auto& c) { c.snapshot = "/dev/null"; }},
        {"log_file", "Is a directory", [&](auto& c) { c.log_file = folder; }},
        {"log_file", "Not a directory", [&](auto& c) { c.log_file = file + "/agent.log"; }},
        {"log_file", "Not a directory", [&](auto& c) { c.log_file = file + "/a/agent.log"; }},
        {"iface", "lo", [](auto& c) { c.interface = "nope"; }},
        {"bind", "an address of the interface lo",
         [](auto& c) {
             c.interface = "lo";
             c.bind = "198.51.100.7";
         }},
        {"bind", "Cannot assign requested address", [](auto& c) { c.bind = "198.51.100.7:7946"; }},
        {"rpc_addr", "Cannot assign requested address",
         [](auto& c) { c.rpc_addr = {"198.51.100.7:7373"}; }},
        {"rpc_addr", "a port that neither gossip",
         [](auto& c) {
             c.bind = "127.0.0.1:17373";
             c.rpc_addr = {"0.0.0.0:17373"};
         }},
        {"rpc_addr", "a port that neither gossip",
         [](auto& c) {
             c.rpc_addr = {"127.0.0.1:17374", "0.0.0.0:17374"};
         }},
        {"rpc_addr", "No such file or directory",
         [](auto& c) { c.rpc_addr = {"unix:/no/such/x.sock"}; }},
        {"rpc_addr", "Not a directory", [&](auto& c) { c.rpc_addr = {"unix:" + file + "/x"}; }},
        {"rpc_addr", "there is a file that is no socket",
         [&](auto& c) { c.rpc_addr = {"unix:" + file}; }},
    };
    for (const Mistake& mistake : mistakes) {
        AgentConfig wanted = config("n1");
        mistake.make(wanted);
        const auto found = missing(wanted);
        ASSERT_EQ(found.size(), 1u) << mistake.field << ' ' << mistake.why;
        EXPECT_THAT(found.front(), AllOf(HasSubstr(mistake.field), HasSubstr(mistake.why)));
        if (wanted.snapshot != pipe) {
            EXPECT_TRUE(start_refuses(wanted)) << found.front();
        }
    }
    EXPECT_THAT(folder_.names(), ElementsAre("file", "pipe")) << "looking makes nothing";
}

TEST_F(HostChecks, WhatIsOnlySoAtTheMomentIsNoMistake) {
    const RunningAgent& running = start(config("n1"));
    AgentConfig wanted = config("n2");
    wanted.bind = gossip(running);
    wanted.rpc_addr = {rpc(running).to_string()};
    EXPECT_THAT(missing(wanted), IsEmpty()) << "--check beside the agent that has these ports";

    UnixSocket socket;
    const UnixAddress at{folder_ / "s"};
    ASSERT_FALSE(socket.listen(at, 1));
    wanted.rpc_addr = {"unix:" + at.path};
    EXPECT_THAT(missing(wanted), IsEmpty());

    wanted = config("n3");
    wanted.snapshot = folder_ / "none-yet";
    wanted.log_file = folder_ / "a/b/agent.log";
    wanted.bind = "[::1]:0";
    EXPECT_THAT(missing(wanted), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
    socket.remove_file();
}

TEST_F(HostChecks, EverythingMissingIsReported) {
    AgentConfig wanted = config("n1");
    wanted.snapshot = wanted.log_file = folder_.path();
    wanted.interface = "nope";
    wanted.rpc_addr = {"unix:/no/such/x.sock", "unix:/no/such/y.sock"};
    EXPECT_THAT(missing(wanted),
                ElementsAre(HasSubstr("iface"), HasSubstr("x.sock"), HasSubstr("y.sock"),
                            HasSubstr("snapshot"), HasSubstr("log_file")));
}

}  // namespace
}  // namespace rollcall::agent::tests
