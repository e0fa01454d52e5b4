// SPDX-License-Identifier: Apache-2.0
//
// Every command line that was once recorded with Serf's own client and agent is run again with our
// client, against the recorded words of the agent: we have to ask the same and print the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "cli/captured.h"
#include "cli/fake_agent.h"
#include "cli/recordings.h"

namespace rollcall::cli {
namespace {

using testing::FakeAgent;
using testing::Recording;

constexpr std::array<std::string_view, 11> kCommands{"join",        "members",      "info", "tags",
                                                     "force-leave", "leave",        "rtt",  "event",
                                                     "query",       "reachability", "keys"};

std::vector<std::string> recorded_names() {
    std::vector<std::string> names;
    for (const Recording& r : testing::recordings()) {
        if (!r.argv.empty() &&
            std::find(kCommands.begin(), kCommands.end(), r.argv.front()) != kCommands.end()) {
            names.push_back(r.name);
        }
    }
    return names;
}

// Where our program asks more than Serf's, so as to say what came of it, or refuses before it asks;
// with --serf-compat it does neither. tests/cli/outcomes_test.cpp has what it does instead.
bool asks_otherwise(const Recording& recorded) {
    const std::vector<std::string>& line = recorded.argv;
    const auto has = [&](std::string_view word) {
        return std::ranges::any_of(
            line, [&](const std::string& w) { return w.find(word) != std::string::npos; });
    };
    return line[0] == "force-leave" || line[0] == "join" || line[0] == "keys" ||
           (line[0] == "tags" && has("-delete")) || (line[0] == "query" && has("-node")) ||
           (line[0] == "members" && has("-detailed")) ||
           (line[0] == "rtt" && recorded.exit != kExitOk) || recorded.name == "members-badregex" ||
           recorded.name == "members-status-none";
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// Lines in order, since maps of Serf's have none; without times.
std::multiset<std::string> lines_of(const std::string& text) {
    std::multiset<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        lines.insert(line.starts_with("Query time: ") ? "Query time: ..." : line);
    }
    return lines;
}

class RecordedCommand : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedCommand, AsksAndPrintsWhatSerfsOwnClientDid) {
    const Recording& recorded = testing::recording(GetParam());
    if (asks_otherwise(recorded)) GTEST_SKIP() << "asks more, or less, than Serf's program";
    FakeAgent fake{{.steps = recorded.steps}};
    std::vector<std::string> arguments = recorded.argv;
    arguments.insert(arguments.begin() + 1, "-rpc-addr=" + fake.address());
    testing::Surroundings around;
    if (recorded.name == "auth-env") around.environment["SERF_RPC_AUTH"] = "sekret";
    const auto outcome = testing::run(arguments, around);

    EXPECT_EQ(outcome.exit, recorded.exit) << outcome.err;
    if (recorded.exit == kExitOk) {
        std::string expected = testing::with_sorted_tags(recorded.out);
        if (recorded.name == "members-role") {  // ours goes to stderr, to leave the list alone
            expected = expected.substr(expected.find('\n') + 1);
            EXPECT_THAT(outcome.err, ::testing::StartsWith("Deprecation warning: "));
        }
        if (recorded.argv.front() == "reachability") {
            EXPECT_EQ(lines_of(outcome.out), lines_of(expected));
        } else {
            EXPECT_EQ(outcome.out, expected);
        }
    } else {
        std::string expected = first_line(recorded.out);
        if (recorded.name == "auth-bad") {
            expected =
                "Error connecting to agent at " + fake.address() + ": Invalid authentication token";
        }
        EXPECT_EQ(first_line(outcome.err), expected);
        EXPECT_EQ(outcome.out, "");
    }

    // What we say before any agent is asked, Serf's client says after the handshake at times.
    const auto received = fake.received();
    if (recorded.exit != kExitOk && received.empty()) return;
    std::vector<std::string> expected;
    for (const auto& step : recorded.steps) {
        if (step.from_client) expected.push_back(testing::canonical(step.bytes));
    }
    EXPECT_EQ(received, expected);
}

// The same, in the same order, on the same stream; but for times, and the page of help that Serf
// prints after a command line that makes no sense.
TEST_P(RecordedCommand, WithSerfCompatPrintsItWordForWord) {
    const Recording& recorded = testing::recording(GetParam());
    FakeAgent fake{{.steps = recorded.steps}};
    std::vector<std::string> arguments = recorded.argv;
    arguments.insert(arguments.begin() + 1, {"-rpc-addr=" + fake.address(), "--serf-compat"});
    testing::Surroundings around;
    if (recorded.name == "auth-env") around.environment["SERF_RPC_AUTH"] = "sekret";
    const auto outcome = testing::run(arguments, around);

    EXPECT_EQ(outcome.exit, recorded.exit);
    EXPECT_EQ(outcome.err, "");
    const bool with_help = recorded.out.find("\nUsage: serf ") != std::string::npos;
    if (with_help) {
        EXPECT_EQ(first_line(outcome.out), first_line(recorded.out));
        EXPECT_THAT(outcome.out, ::testing::HasSubstr("\n\nUsage: rollcall "));
        return;
    }
    // Serf's maps have no order.
    EXPECT_EQ(lines_of(outcome.out), lines_of(testing::with_sorted_tags(recorded.out)));
    EXPECT_EQ(outcome.out.size(), recorded.out.size()) << outcome.out;
}

INSTANTIATE_TEST_SUITE_P(All, RecordedCommand, ::testing::ValuesIn(recorded_names()),
                         [](const auto& instance) {
                             std::string name = instance.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(RecordedCommands, AreThere) {
    EXPECT_GE(recorded_names().size(), 70u);
}

}  // namespace
}  // namespace rollcall::cli
