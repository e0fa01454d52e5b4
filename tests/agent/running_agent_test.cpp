// SPDX-License-Identifier: Apache-2.0
//
// Whole agents on loopback, several on one loop: real core, real sockets, real control protocol.
// Starting the program itself is the business of tests/interop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <future>
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
