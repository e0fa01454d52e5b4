// SPDX-License-Identifier: Apache-2.0
//
// `rollcall agent --check`: what it shows, and its exit codes. Where values come from and which are
// refused is tested in tests/agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/config/settings_table.h"
#include "cli/captured.h"

namespace rollcall::cli {
namespace {

using ::testing::HasSubstr;
using testing::run;
using ::testing::StartsWith;

const std::string kExamples = ROLLCALL_SOURCE_DIR "/tests/agent/config/";

TEST(AgentCheck, ShowsWhereEachValueComesFromAndEndsWithZero) {
    const std::string file = kExamples + "good/of-serf.json";
    const auto outcome =
        run({"agent", "-config-file", file, "--check", "--label", "blue", "-replay=false"},
            {.environment = {{"ROLLCALL_PROFILE", "wan"}}});
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_THAT(outcome.out, StartsWith("Setting "));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("label +blue +--label\n"));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("replay_on_join +false +--replay\n"));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("disable_compression +false +default\n"));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("profile +wan +.ROLLCALL_PROFILE\n"));
    EXPECT_THAT(outcome.out, HasSubstr(file + ":3: Node_Name\n"));
    EXPECT_THAT(outcome.err, HasSubstr("warning: " + file + ":7: mdns has no effect: "));
}

TEST(AgentCheck, ShowsASwitchOfTheProfileAndAFlagThatTurnsItOff) {
    const auto outcome = run({"agent", "--check", "--profile", "fast", "-fast-verdicts=false"});
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("fast_verdicts +false +--fast-verdicts\n"));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("ring_watch +true +profile fast\n"));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex("detection_span +1s500ms +profile fast\n"));
    const auto on = run({"agent", "--check", "--fast-verdicts", "--detection-span", "11s"});
    EXPECT_EQ(on.exit, 1);
    EXPECT_EQ(on.err, "--detection-span: '11s' is not allowed; allowed: 1s to 10s\n");
}

TEST(AgentCheck, FilesAndFoldersCountInTheOrderOfTheCommandLine) {
    const std::string folder = kExamples + "good", file = folder + "/everything.json";
    const auto value = [](const testing::Outcome& outcome) {
        return nlohmann::json::parse(outcome.out)["settings"]["label"]["value"];
    };
    const auto with_both = [&](const std::vector<std::string>& order) {
        std::vector<std::string> arguments{"agent", "--check", "--format", "json"};
        arguments.insert(arguments.end(), order.begin(), order.end());
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.exit, 0) << outcome.err;
        return nlohmann::json::parse(outcome.out)["settings"]["node_name"]["from"];
    };
    EXPECT_EQ(with_both({"--config-file", file, "--config-dir", folder}),
              folder + "/of-serf.json:3: Node_Name");
    EXPECT_EQ(with_both({"--config-dir", folder, "--config-file", file}), file + ":3: node_name");
    EXPECT_EQ(value(run({"agent", "--check", "--format=json"})), "");
}

TEST(AgentCheck, AMistakeInASettingEndsWithOne) {
    const std::string file = kExamples + "bad/misspelt-key.json";
    const auto text = run({"agent", "--check", "--config-file", file});
    EXPECT_EQ(text.exit, 1);
    EXPECT_EQ(text.out, "");
    EXPECT_EQ(text.err,
              file + ":4: advertize: no setting has this name; did you mean 'advertise'?\n");
    const auto json = run({"agent", "--check", "--format", "json", "--config-file", file});
    EXPECT_EQ(json.exit, 1);
    EXPECT_EQ(nlohmann::json::parse(json.err)["error"],
              file + ":4: advertize: no setting has this name; did you mean 'advertise'?");
}

TEST(AgentCheck, ReportsAllMistakesInTheChosenFormat) {
    const std::vector<std::string> flags{"--snapshot", "/",    "--log-file", "/",
                                         "--iface",    "nope", "--rpc-addr", "unix:/no/such/x.sock",
                                         "--encrypt",  "abc"};
    std::vector<std::string> arguments{"agent", "--check"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const auto text = run(arguments);
    EXPECT_EQ(text.exit, 1);
    EXPECT_EQ(text.out, "");
    EXPECT_EQ(std::ranges::count(text.err, '\n'), 5) << text.err;
    for (const char* told : {"--snapshot: '/'", "--log-file: '/'", "--iface: 'nope'",
                             "--rpc-addr: 'unix:/no/such/x.sock'", "--encrypt: the key "}) {
        EXPECT_THAT(text.err, HasSubstr(told));
    }
    arguments.insert(arguments.end(), {"--format", "json"});
    const auto json = run(arguments);
    EXPECT_EQ(json.exit, 1);
    const auto errors = nlohmann::json::parse(json.err)["errors"];
    ASSERT_EQ(errors.size(), 5u) << json.err;
    EXPECT_THAT(errors[0].get<std::string>(), StartsWith("--encrypt: the key "));
}

TEST(AgentCheck, FlagsThatMakeNoSenseEndWithTwo) {
    EXPECT_EQ(run({"agent", "--check", "--labl", "x"}).exit, 2);
    EXPECT_EQ(run({"agent", "--check", "--format", "xml"}).exit, 2);
    EXPECT_EQ(run({"agent", "--check", "here"}).exit, 2);
    EXPECT_EQ(run({"agent", "--labl", "x"}).exit, 1) << "as with Serf";
}

TEST(AgentCheck, EverySettingHasAFlag) {
    const auto page = run({"help", "agent"});
    for (const agent::Setting& setting : agent::all_settings()) {
        EXPECT_THAT(page.out, HasSubstr("\n  --" + std::string{setting.flag} + " "));
    }
}

}  // namespace
}  // namespace rollcall::cli
