// SPDX-License-Identifier: Apache-2.0
//
// Events, queries and keys at the command line, where recordings of Serf's client do not reach.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/captured.h"
#include "cli/fake_agent.h"
#include "cli/reachability.h"
#include "cli/rpc_client.h"

namespace rollcall::cli {
namespace {

using testing::FakeAgent;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::Step;

const Step kAsked{.from_client = true};

Step reply_to(std::uint64_t seq, std::string error = "") {
    return {.bytes = rpc::encode(rpc::ResponseHeader{.error = std::move(error), .seq = seq})};
}
Step heard(std::string type, std::string from = "", rpc::Payload payload = {}) {
    return {.bytes = rpc::encode(
                rpc::AnswerRecord{std::move(type), std::move(from), std::move(payload)})};
}
std::vector<Step> shaken(std::vector<Step> steps) {
    steps.insert(steps.begin(), {kAsked, kAsked, reply_to(1)});
    return steps;
}

TEST(QueryCommand, AnAgentThatGoesAwayInTheMiddleIsAnError) {
    FakeAgent fake{
        {.steps = shaken({kAsked, kAsked, reply_to(2), reply_to(2), heard("ack", "n1")})}};
    const auto outcome = testing::run({"query", "-rpc-addr", fake.address(), "uptime"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_EQ(outcome.out, "Query 'uptime' dispatched\nAck from 'n1'\n");
    EXPECT_THAT(outcome.err, StartsWith("Error waiting for answers: "));
}

TEST(QueryCommand, WhatMembersAnswerCannotRepaintTheScreen) {
    const Bytes evil = as_bytes("\x1b[2Jup\n");
    FakeAgent fake{{.steps = shaken({kAsked, kAsked, reply_to(2), reply_to(2),
                                     heard("response", "n\x1b",
                                           rpc::Payload{std::in_place, evil.begin(), evil.end()}),
                                     reply_to(2), heard("done")})}};
    const auto outcome = testing::run({"query", "-rpc-addr", fake.address(), "uptime"});
    EXPECT_EQ(outcome.exit, kExitOk);
    EXPECT_EQ(outcome.out,
              "Query 'uptime' dispatched\nResponse from 'n\\x1b': \\x1b[2Jup\n"
              "Total Acks: 0\nTotal Responses: 1\n");
}

TEST(QueryCommand, BadValuesAreRefusedBeforeTheQueryIsSent) {
    const auto error_of = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"query", "-rpc-addr", "127.0.0.1:1"});
        const auto outcome = testing::run(arguments);
        EXPECT_EQ(outcome.exit, kExitError);
        return outcome.err;
    };
    EXPECT_THAT(error_of({"-timeout", "soon", "q"}),
                StartsWith("--timeout: 'soon' is not a duration"));
    EXPECT_THAT(error_of({"-relay-factor", "256", "q"}),
                StartsWith("Relay factor must be between 0 and 255\n"));
    EXPECT_THAT(error_of({"-relay-factor=-1", "q"}),
                StartsWith("Relay factor must be between 0 and 255\n"));
    EXPECT_THAT(error_of({"-tag", "role", "q"}), StartsWith("Error: Invalid tag: 'role'"));
    EXPECT_THAT(error_of({"-format", "xml", "q"}), StartsWith("Invalid format: xml\n"));
    EXPECT_THAT(error_of({}), StartsWith("Query name must be specified.\n"));
}

TEST(KeysCommand, OneActionAndOneKey) {
    const auto error_of = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"keys", "-rpc-addr", "127.0.0.1:1"});
        const auto outcome = testing::run(arguments);
        EXPECT_EQ(outcome.exit, kExitError);
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_THAT(error_of({}), HasSubstr("no action is given"));
    EXPECT_THAT(error_of({"dance"}), HasSubstr("no action 'dance'"));
    EXPECT_THAT(error_of({"install"}), HasSubstr("'keys install' needs a key"));
    EXPECT_THAT(error_of({"list", "-use", "x"}), StartsWith("Only one of -install"));
    EXPECT_THAT(error_of({"rotate", "short"}), HasSubstr("the key is not base64"));
}

TEST(KeysCommand, TheTableListsTheHoldersOfEachKey) {
    FakeAgent ours{{.steps = shaken({kAsked,
                                     reply_to(2),
                                     {.bytes = rpc::encode(rpc::KeyTableResponse{
                                          .nodes = {{.node = "n1",
                                                     .result = true,
                                                     .keys = {"AAECAwQFBgcICQoLDA0ODw=="},
                                                     .primary = "AAECAwQFBgcICQoLDA0ODw=="}},
                                          .num_nodes = 1})}})}};
    EXPECT_EQ(testing::run({"keys", "-rpc-addr", ours.address(), "list", "-table"}).out,
              "n1  be45cb26*\n");
}

// --- reachability --------------------------------------------------------------------------------

rpc::Member listed_as(std::string name, std::string status = "alive") {
    return {.name = std::move(name), .status = std::move(status)};
}

TEST(ReachabilityVerdict, WhoIsMissingOddOrTwiceIsNamedWithAdvice) {
    const std::vector<rpc::Member> members{listed_as("a"), listed_as("b"),
                                           listed_as("c", "failed")};
    Reachability test{members};
    EXPECT_EQ(test.opening(), "Total members: 3, live members: 2\nStarting reachability test...\n");
    for (const char* name : {"a", "a", "c"}) test.add_ack(name);
    EXPECT_FALSE(test.all_well());
    EXPECT_THAT(test.verdict(), StartsWith("Missing acks from:\n\tb\n"
                                           "Acks from members that are not alive:\n\tc\n"
                                           "Several acks from:\n\ta\n\n"));
    const auto json = nlohmann::json::parse(test.as_json());
    EXPECT_EQ(json["missing"], (nlohmann::json{"b"}));
    EXPECT_EQ(json["all_reached"], false);
}

TEST(ReachabilityVerdict, AllIsWellWhenThoseWhoAreAliveAckedOnce) {
    const std::vector<rpc::Member> members{listed_as("a"), listed_as("c", "left")};
    Reachability test{members};
    test.add_ack("a");
    EXPECT_TRUE(test.all_well());
    EXPECT_EQ(test.verdict(), "Successfully contacted all live nodes\n");
}

}  // namespace
}  // namespace rollcall::cli
