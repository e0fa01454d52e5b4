// SPDX-License-Identifier: Apache-2.0
//
// What commands say when something is wrong, and how those that stay behave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/captured.h"
#include "cli/fake_agent.h"
#include "rpc/messages.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

namespace rpc = agent::rpc;
using rollcall::tests::TestFolder;
using testing::FakeAgent;
using ::testing::HasSubstr;
using testing::header;
using testing::kClientSends;
using testing::run;
using ::testing::StartsWith;
using testing::Step;

Step members(std::vector<rpc::Member> list) {
    return {.bytes = rpc::encode(rpc::MembersResponse{.members = std::move(list)})};
}
rpc::Member member_record(std::string name, std::string status) {
    return {.name = std::move(name),
            .addr = WireAddress::v4(127, 0, 0, 1),
            .port = 1,
            .status = std::move(status)};
}
std::string closed_address() {
    const FakeAgent gone{{}};
    return gone.address();
}

TEST(Session, AMissingAgentIsNamedWithItsAddressAndAHint) {
    const std::string address = closed_address();
    const auto outcome = run({"members", "-rpc-addr", address});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("Error connecting to agent at " + address +
                                        ": connection refused\nhint: is the agent running?"));

    const auto as_json = run({"leave", "-rpc-addr", address, "-format=json"});
    EXPECT_EQ(as_json.exit, kExitError);
    const auto json = nlohmann::json::parse(as_json.err);
    EXPECT_EQ(json.at("error"), "Error connecting to agent at " + address + ": connection refused");
}

TEST(Session, WithSerfCompatErrorsAreOnStandardOutputInSerfsWords) {
    const std::string address = closed_address();
    const std::string refused =
        "Error connecting to Serf agent: dial tcp " + address + ": connect: connection refused\n";
    for (const std::vector<std::string>& line :
         {std::vector<std::string>{"--serf-compat", "members", "-rpc-addr", address},
          std::vector<std::string>{"members", "-serf-compat", "-format=json",
                                   "-rpc-addr=" + address}}) {
        const auto outcome = run(line);
        EXPECT_EQ(outcome.exit, kExitError);
        EXPECT_EQ(outcome.out, refused);
        EXPECT_EQ(outcome.err, "");
    }
    const auto bad_flag = run({"--serf-compat", "rtt", "-nope"});
    EXPECT_EQ(bad_flag.exit, kExitError);
    EXPECT_THAT(bad_flag.out, StartsWith("unknown flag: --nope\n\nUsage: rollcall rtt "));

    // These Serf's program tells on stderr, too.
    EXPECT_EQ(run({"--serf-compat"}).exit, kExitUnknownCommand);
    EXPECT_THAT(run({"--serf-compat", "nope"}).err, HasSubstr("unknown command 'nope'"));
    // An argument is an argument.
    EXPECT_EQ(run({"event", "-rpc-addr", address, "--", "--serf-compat"}).out, "");
}

// The exit codes and streams are those of Serf's program; tests/interop compares them with it.
TEST(Session, WithSerfCompatSuperfluousArgumentsArePassedOver) {
    const std::string address = closed_address();
    const std::string refused =
        "Error connecting to Serf agent: dial tcp " + address + ": connect: connection refused\n";
    for (const char* command : {"members", "leave", "info", "monitor", "reachability"}) {
        const auto as_serf = run({"--serf-compat", command, "-rpc-addr=" + address, "x", "y"});
        EXPECT_EQ(as_serf.exit, kExitError) << command;
        EXPECT_EQ(as_serf.out, refused) << command;
        const auto ours = run({command, "-rpc-addr=" + address, "x", "y"});
        EXPECT_EQ(ours.exit, kExitError) << command;
        EXPECT_THAT(ours.err, HasSubstr("unexpected argument 'x'")) << command;
    }
    EXPECT_EQ(run({"--serf-compat", "version", "x"}).exit, kExitOk);
    EXPECT_EQ(run({"--serf-compat", "keygen", "x"}).exit, kExitOk);
    EXPECT_EQ(run({"version", "x"}).exit, kExitError);
    // Those that take some say so in either case.
    for (const std::vector<std::string>& line :
         {std::vector<std::string>{"--serf-compat", "force-leave", "a", "b"},
          std::vector<std::string>{"--serf-compat", "event", "a", "b", "c"}}) {
        EXPECT_EQ(run(line).exit, kExitError);
        EXPECT_THAT(run(line).out, HasSubstr("unexpected argument")) << line[1];
    }
}

TEST(Session, TheFlagWinsOverOurVariableAndThatOverSerfs) {
    const std::string flag = closed_address();
    testing::Surroundings around;
    const auto asked = [&](std::vector<std::string> arguments) {
        const std::string err = run(arguments, around).err;
        return err.substr(0, err.find(": connection refused"));
    };
    around.environment["SERF_RPC_ADDR"] = "127.0.0.1:1";
    EXPECT_EQ(asked({"info"}), "Error connecting to agent at 127.0.0.1:1");
    around.environment["ROLLCALL_RPC_ADDR"] = "127.0.0.2:1";
    EXPECT_EQ(asked({"info"}), "Error connecting to agent at 127.0.0.2:1");
    EXPECT_EQ(asked({"info", "--rpc-addr", flag}), "Error connecting to agent at " + flag);
    around.environment["ROLLCALL_RPC_ADDR"] = "";  // set but empty is not set
    EXPECT_EQ(asked({"info"}), "Error connecting to agent at 127.0.0.1:1");
}

TEST(Session, AnAddressThatIsNoneIsRefusedBeforeAnythingIsTried) {
    for (const char* address :
         {"host:port", "[::1", "h:99999", "h:", "unix:", "unix:rollcall.sock", "unix:/run/"}) {
        const auto outcome = run({"info", "-rpc-addr", address});
        EXPECT_EQ(outcome.exit, kExitError);
        EXPECT_THAT(outcome.err, StartsWith("Error connecting to agent: invalid address '" +
                                            std::string{address} + "'\nhint: "));
    }
}

TEST(Session, AUnixSocketIsSpokenToLikeAPortByFlagAndByVariable) {
    const TestFolder folder;
    const std::string path = folder / "s";
    for (const bool by_flag : {true, false}) {
        FakeAgent fake{{.steps = {kClientSends, kClientSends, header(1), kClientSends, header(2),
                                  members({member_record("a", "alive")})},
                        .path = path}};
        testing::Surroundings around;
        std::vector<std::string> arguments{"members"};
        if (by_flag) {
            arguments.insert(arguments.end(), {"--rpc-addr", fake.address()});
        } else {
            // As an agent beside it may read it: the first of several is used.
            around.environment["ROLLCALL_RPC_ADDR"] = fake.address() + ",127.0.0.1:1";
        }
        const auto outcome = run(arguments, around);
        EXPECT_EQ(outcome.exit, kExitOk) << outcome.err;
        EXPECT_THAT(outcome.out, StartsWith("a  127.0.0.1:1  alive"));
        std::filesystem::remove(path);
    }
}

TEST(Session, AMissingUnixSocketOrOneWithoutAListenerIsAnError) {
    const TestFolder folder;
    const std::string path = folder / "s", address = "unix:" + path;
    EXPECT_THAT(run({"info", "-rpc-addr", address}).err,
                StartsWith("Error connecting to agent at " + address +
                           ": no such file or directory\nhint: is the agent running?"));
    { const FakeAgent gone{{.path = path}}; }
    EXPECT_THAT(run({"info", "-rpc-addr", address}).err,
                StartsWith("Error connecting to agent at " + address +
                           ": connection refused\nhint: is the agent running?"));
}

TEST(Session, APortThatSpeaksSomethingElseIsRecognised) {
    FakeAgent web{{.steps = {kClientSends, {.bytes = "HTTP/1.1 400 Bad Request\r\n"}}}};
    EXPECT_THAT(run({"info", "-rpc-addr", web.address()}).err, HasSubstr("gossip port"));
    FakeAgent mute{{.steps = {kClientSends}}};
    EXPECT_THAT(run({"info", "-rpc-addr", mute.address()}).err, HasSubstr("gossip port"));
}

TEST(Session, AMissingTokenComesWithAHint) {
    FakeAgent fake{{.steps = {kClientSends, kClientSends, header(1), kClientSends,
                              header(2, "Authentication required")}}};
    const auto outcome = run({"info", "-rpc-addr", fake.address()});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error querying agent: Authentication required\nhint: "));
    EXPECT_THAT(outcome.err, HasSubstr("--rpc-auth"));
}

TEST(Session, EveryCommandRefusesAnUnknownFormat) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"members"},
                                                                   {"info"},
                                                                   {"join", "x"},
                                                                   {"leave"},
                                                                   {"force-leave", "x"},
                                                                   {"tags", "-set", "a=b"},
                                                                   {"monitor"}}) {
        auto arguments = words;
        arguments.emplace_back("-format=xml");
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.exit, kExitError) << words[0];
        EXPECT_THAT(outcome.err, StartsWith("Encoding error: Invalid output format \"xml\"\n"));
    }
}

TEST(Watch, ShowsTheListAgainAfterEachBurstOfChanges) {
    const Step change{.bytes = rpc::encode(rpc::MemberEventRecord{.event = "member-failed"})};
    FakeAgent fake{
        {.steps = {kClientSends,
                   kClientSends,
                   header(1),  // handshake
                   kClientSends,
                   kClientSends,
                   header(2),  // stream
                   kClientSends,
                   kClientSends,
                   header(3),  // first look
                   members({member_record("b", "alive"), member_record("a", "alive")}),
                   header(2),
                   change,
                   header(2),
                   change,
                   header(2),
                   change,  // one burst
                   kClientSends,
                   kClientSends,
                   header(4),  // second look
                   members({member_record("a", "alive"), member_record("b", "failed")})}}};
    const auto outcome = run({"members", "--watch", "-rpc-addr", fake.address()});
    EXPECT_EQ(outcome.exit, kExitError);  // the agent went away
    EXPECT_THAT(outcome.err, StartsWith("Error watching members: the agent closed the connection\n"
                                        "hint: the agent stopped"));
    EXPECT_EQ(outcome.out,
              "a  127.0.0.1:1  alive  \n"
              "b  127.0.0.1:1  alive\n"
              "\n"
              "a  127.0.0.1:1  alive   \n"
              "b  127.0.0.1:1  failed\n"
              "\n");
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
}

// A screen of its own is tested on a pseudo-terminal: tests/interop/test_members_watch.py.
TEST(Watch, OnATerminalWithoutASizeListsFollowEachOther) {
    FakeAgent fake{
        {.steps = {kClientSends, kClientSends, header(1), kClientSends, kClientSends, header(2),
                   kClientSends, kClientSends, header(3), members({member_record("a", "alive")})}}};
    const auto outcome =
        run({"members", "--watch", "-rpc-addr", fake.address()}, {.terminal = true});
    EXPECT_THAT(outcome.out, StartsWith("NAME  ADDRESS"));
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
}

TEST(Watch, JsonIsOneDocumentPerLine) {
    const Step change{.bytes = rpc::encode(rpc::MemberEventRecord{.event = "member-failed"})};
    FakeAgent fake{
        {.steps = {kClientSends, kClientSends, header(1), kClientSends, kClientSends, header(2),
                   kClientSends, kClientSends, header(3), members({}), header(2), change,
                   kClientSends, kClientSends, header(4),
                   members({member_record("b", "alive"), member_record("a", "failed")})}}};
    const auto outcome = run({"members", "--watch", "--format=json", "-rpc-addr", fake.address()});
    EXPECT_THAT(outcome.out, StartsWith("{\"members\": null}\n{\"members\": [{\"name\": \"a\","));
    EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 2);
    EXPECT_THAT(outcome.err, StartsWith("{\"error\":"));
}

TEST(Monitor, FollowsLogAndEventsUntilTheAgentGoes) {
    const std::vector<Step> steps{
        kClientSends,
        kClientSends,
        header(1),
        kClientSends,
        kClientSends,
        header(2),
        kClientSends,
        kClientSends,
        header(3),
        header(3),
        {.bytes = rpc::encode(rpc::LogRecord{.log = "one"})},
        header(2),
        {.bytes = rpc::encode(rpc::UserEventRecord{.ltime = 3, .name = "deploy"})}};
    {
        FakeAgent fake{{.steps = steps}};
        const auto outcome = run({"monitor", "-rpc-addr", fake.address()});
        EXPECT_EQ(outcome.exit, kExitError);
        EXPECT_EQ(outcome.out,
                  "one\nEvent Info:\n\tCoalesce: false\n\tEvent: \"user\"\n\tLTime: 3\n"
                  "\tName: \"deploy\"\n\tPayload: none\n");
        EXPECT_THAT(outcome.err, StartsWith("Remote side ended the monitor!"));
        EXPECT_EQ(fake.received().at(5), "{\"LogLevel\": \"info\"}");
    }
    FakeAgent fake{{.steps = steps}};
    // As with Serf's program; tests/cli/own_commands_test.cpp has what a rollcall agent sends.
    const auto json = run({"--serf-compat", "monitor", "-format=json", "-log-level=debug",
                           "-rpc-addr", fake.address()});
    EXPECT_THAT(json.out, StartsWith("{\"log\":\"one\"}\n{\"event\":\"user\",\"ltime\":3,"
                                     "\"name\":\"deploy\",\"payload\":null,\"coalesce\":false}\n"));
    EXPECT_EQ(fake.received().at(5), "{\"LogLevel\": \"debug\"}");
}

TEST(Monitor, ALevelThatTheAgentRefusesIsReportedInItsWords) {
    FakeAgent fake{{.steps = testing::recording("monitor-badlevel").steps}};
    const auto outcome = run({"monitor", "-log-level=bogus", "-rpc-addr", fake.address()});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error starting monitor: Unknown log level: BOGUS\n"));
}

TEST(Tags, NothingToChangeIsAMistake) {
    const auto outcome = run({"tags"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("Error: no tags given\n"));
}

TEST(Output, JsonOfCommandsThatChangeSomethingIsOneObject) {
    FakeAgent fake{
        {.steps = {kClientSends,
                   kClientSends,
                   header(1),
                   kClientSends,
                   kClientSends,
                   header(2),
                   {.bytes = rpc::encode(rpc::JoinResponse{.num = 2})},
                   kClientSends,
                   header(3),
                   members({member_record("a", "alive"), member_record("b", "alive")})}}};
    const auto outcome = run({"join", "-format=json", "-rpc-addr", fake.address(), "x", "y"});
    EXPECT_EQ(outcome.out, "{\"contacted\":2}\n");
    EXPECT_EQ(outcome.exit, kExitOk);
}

}  // namespace
}  // namespace rollcall::cli
