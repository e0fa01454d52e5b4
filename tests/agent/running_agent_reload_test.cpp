// SPDX-License-Identifier: Apache-2.0
//
// Whole agents, their configuration and their files: what a SIGHUP changes, scripts, tags.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <future>
#include <string>

#include "agent/running_agents.h"
#include "support/test_folder.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::whole_file;

TEST_F(Agents, SighupTakesWhatCanChangeAndABadConfigurationChangesNothing) {
    AgentConfig wanted = config("n1");
    auto opened = Log::open({.level = Level::debug, .file = "/dev/null"});
    Log& log = **opened;
    agents_.push_back(std::make_unique<RunningAgent>(loop_, *settle(wanted), std::move(*opened)));
    RunningAgent& agent = *agents_.back();
    ASSERT_FALSE(agent.start());
    agent.reload_from(wanted, [&wanted]() -> Result<LoadedConfig, std::string> {
        auto settings = settle(wanted);
        if (!settings) return settings.error().to_string();
        return LoadedConfig{
            .config = wanted, .settings = std::move(*settings), .origins = {}, .warnings = {}};
    });
    const auto logged = [&log](std::string_view text) {
        return std::ranges::any_of(log.recent(), [&](const LogLine& line) {
            return line.text.find(text) != std::string::npos;
        });
    };

    wanted.tags = {{"role", "db"}};
    wanted.probe_interval = 2s;
    wanted.label = "blue";
    agent.signal_arrived(SIGHUP);
    ASSERT_TRUE(
        until([&] { return logged("configuration reloaded, changed: tags, probe_interval"); }));
    EXPECT_EQ(agent.control().tags(), wanted.tags);
    EXPECT_TRUE(logged("[WARN] agent: label changed; takes effect after a restart"));

    wanted.tags = {{"role", "web"}};
    wanted.suspicion_mult = 65;
    agent.signal_arrived(SIGHUP);
    ASSERT_TRUE(until(
        [&] { return logged("configuration unchanged: suspicion_mult: '65' is not allowed"); }));
    EXPECT_EQ(agent.control().tags(), (serf::Tags{{"role", "db"}}));
}

TEST_F(Agents, ASignalThatComesWhileFilesAreReadHasThemReadOnceMoreAndTheLoopGoesOn) {
    AgentConfig wanted = config("n1");
    RunningAgent& agent = start(wanted);
    std::promise<void> disk_answers;
    std::atomic<int> loads{0};
    agent.reload_from(
        wanted,
        [&, answer = disk_answers.get_future().share()]() -> Result<LoadedConfig, std::string> {
            const int load = ++loads;
            answer.wait();
            AgentConfig read = wanted;
            read.event_handlers = {"user:" + std::to_string(load) + "=true"};
            auto settings = settle(read);
            return LoadedConfig{
                .config = read, .settings = std::move(*settings), .origins = {}, .warnings = {}};
        });
    agent.signal_arrived(SIGHUP);
    ASSERT_TRUE(until([&] { return loads == 1; }));
    for (int i = 0; i < 3; ++i) agent.signal_arrived(SIGHUP);
    // The agent is there for others meanwhile.
    AgentConfig joining = config("n2");
    joining.join = {gossip(agent)};
    const RunningAgent& second = start(joining);
    EXPECT_TRUE(sees(second, "n1", serf::Status::alive));
    EXPECT_TRUE(agent.control().stats()["event_handlers"].empty());
    disk_answers.set_value();
    ASSERT_TRUE(
        until([&] { return agent.control().stats()["event_handlers"].contains("user:2"); }));
    EXPECT_EQ(loads, 2);
}

TEST_F(Agents, ScriptsGetMemberEventsAndAreReplacedBySighup) {
    const TestFolder folder;
    AgentConfig wanted = config("n1");
    wanted.tags = {{"role", "db"}};
    const std::string joined = folder / "joined", failed = folder / "failed";
    wanted.event_handlers = {"member-join=echo $SERF_EVENT $SERF_SELF_NAME $SERF_TAG_ROLE >>" +
                             joined + "; cat >>" + joined};
    RunningAgent& first = start(wanted);
    const std::string of_first = "member-join n1 db\nn1\t127.0.0.1\tdb\trole=db\n",
                      of_second = "member-join n1 db\nn2\t127.0.0.1\tweb\trole=web\n";
    // Our own join is told as well, and by itself: what happens within a second is told as one.
    ASSERT_TRUE(until([&] { return whole_file(joined) == of_first; })) << whole_file(joined);
    AgentConfig joining = config("n2");
    joining.join = {gossip(first)};
    joining.tags = {{"role", "web"}};
    RunningAgent& second = start(joining);
    EXPECT_TRUE(until([&] { return whole_file(joined) == of_first + of_second; }))
        << whole_file(joined);
    EXPECT_EQ(first.control().stats()["event_handlers"],
              (rpc::StringMap{{"member-join:", wanted.event_handlers[0].substr(12)}}));

    wanted.event_handlers = {"member-failed,member-leave=cut -f1 >" + failed};
    first.reload_from(config("n1"), [&wanted]() -> Result<LoadedConfig, std::string> {
        return LoadedConfig{
            .config = wanted, .settings = *settle(wanted), .origins = {}, .warnings = {}};
    });
    first.signal_arrived(SIGHUP);
    ASSERT_TRUE(until(
        [&] { return first.control().stats()["event_handlers"].contains("member-failed:"); }));
    second.stop(1);
    EXPECT_TRUE(until([&] { return whole_file(failed) == "n2\n"; }));
    ASSERT_TRUE(until([&] { return first.control().stats()["rollcall"]["handlers_run"] == "3"; }));
    EXPECT_EQ(first.control().stats()["rollcall"]["handlers_failed"], "0");
}

TEST_F(Agents, ATagsFileKeepsTagsOverARestartAndThroughSighup) {
    const TestFolder folder;
    AgentConfig wanted = config("n1");
    wanted.tags_file = folder / "tags.json";
    RunningAgent& first = start(wanted);  // there is no file yet
    EXPECT_TRUE(first.control().tags().empty());
    std::string error = "none yet";
    first.control().set_tags({{"role", "db"}, {"dc", "east"}},
                             [&](const std::string& e) { error = e; });
    ASSERT_TRUE(until([&] { return error.empty(); }));
    EXPECT_EQ(whole_file(wanted.tags_file), "{\n  \"dc\": \"east\",\n  \"role\": \"db\"\n}");
    wanted.event_handlers = {"user:x=true"};  // shows that it was taken
    first.reload_from(wanted, [&wanted]() -> Result<LoadedConfig, std::string> {
        return LoadedConfig{
            .config = wanted, .settings = *settle(wanted), .origins = {}, .warnings = {}};
    });
    std::ofstream{wanted.tags_file} << "{}";
    first.signal_arrived(SIGHUP);
    ASSERT_TRUE(until([&] { return first.control().stats()["event_handlers"].size() == 1; }));
    EXPECT_EQ(first.control().tags(), (serf::Tags{{"dc", "east"}, {"role", "db"}}));

    std::ofstream{wanted.tags_file} << R"({"role": "edited"})";
    wanted.node = "n2";
    EXPECT_EQ(start(wanted).control().tags(), (serf::Tags{{"role", "edited"}}));
}

TEST_F(Agents, TagsThatCannotBeSavedAreAnErrorOfTheCommand) {
    const TestFolder folder;
    AgentConfig wanted = config("n1");
    wanted.tags_file = folder / "no/such/tags.json";
    RunningAgent& agent = start(wanted);
    std::string error = "none yet";
    const auto done = [&](const std::string& e) { error = e; };
    agent.control().set_tags({{"role", "db"}}, done);
    ASSERT_TRUE(until([&] { return error != "none yet"; }));
    EXPECT_EQ(error, "Failed to write tags file: open " + wanted.tags_file +
                         ".new: No such file or directory");
    EXPECT_EQ(agent.control().tags(), (serf::Tags{{"role", "db"}}));
    EXPECT_EQ(agent.control().stats()["rollcall"]["files_not_written"], "1");
    // Refused by the core: nothing is written, and its words are the answer.
    agent.control().set_tags({{"k", std::string(600, 'v')}}, done);
    EXPECT_EQ(error, "Encoded length of tags exceeds limit of 512 bytes");
}

}  // namespace
}  // namespace rollcall::agent::tests
