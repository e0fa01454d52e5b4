// SPDX-License-Identifier: Apache-2.0
//
// All that is wrong with a configuration, in all of its sources, is found at once and named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/file.h"
#include "agent/config/given_sources.h"
#include "agent/config/sources.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::environment;
using tests::flag;
using tests::problem;

TEST(ConfigSources, WhatCannotBeReadIsNamed) {
    const TestFolder folder;
    EXPECT_EQ(problem({.paths = {folder.path() + "/none.json"}}),
              folder.path() + "/none.json: cannot be read: No such file or directory");
    EXPECT_THAT(problem({.paths = {"/dev/null"}}), HasSubstr("not a regular file"));
    const std::string large = folder.write("large.json", std::string(kMaxConfigFile + 1, ' '));
    EXPECT_THAT(problem({.paths = {large}}), HasSubstr("larger than 1 MiB"));
}

TEST(ConfigSources, AMistakeNamesTheVariableOrTheFlag) {
    EXPECT_EQ(problem({.environment = environment({{"ROLLCALL_RECONNECT_INTERVAL", "1ms"}})}),
              "$ROLLCALL_RECONNECT_INTERVAL: '1ms' is not allowed; allowed: 0 (never) or 100ms to "
              "87600h");
    EXPECT_EQ(problem({.environment = environment({{"ROLLCALL_REPLAY", "maybe"}})}),
              "$ROLLCALL_REPLAY: 'maybe' is not allowed; allowed: true or false");
    EXPECT_EQ(problem({.environment = environment({{"ROLLCALL_ENCRYPT", ""}})}),
              "$ROLLCALL_ENCRYPT: '' is not allowed; allowed: base64 of 16, 24 or 32 bytes; leave "
              "it out to have none");
    EXPECT_EQ(problem({.flags = {flag("suspicion-mult", {"x"})}}),
              "--suspicion-mult: 'x' is not allowed; allowed: a whole number from 0 to 4294967295");
    EXPECT_EQ(problem({.flags = {flag("fast-verdicts", {"perhaps"})}}),
              "--fast-verdicts: 'perhaps' is not allowed; allowed: true or false");
    EXPECT_EQ(problem({.environment = environment({{"ROLLCALL_DETECTION_SPAN", "500ms"}})}),
              "$ROLLCALL_DETECTION_SPAN: '500ms' is not allowed; allowed: 1s to 10s");
    EXPECT_EQ(problem({.flags = {flag("tag", {"x"})}}),
              "--tag: 'x' is not allowed; allowed: KEY=VALUE with a key");
    EXPECT_EQ(problem({.flags = {flag("join", {"ok", "a/b/c"})}}),
              "--join: 'a/b/c' is not allowed; allowed: HOST, HOST:PORT, [IPV6]:PORT, "
              "NAME/HOST:PORT, srv+SERVICE or file+/PATH");
}

TEST(ConfigSources, AllMistakesOfAllSourcesAreReportedTogether) {
    const TestFolder folder;
    const std::string first = folder.write("1.json", R"({
  "node_nmae": "n1",
  "retry_interval": 30,
  "retry_join": {"a": {"b": [1]}},
  "tags": {"a=b": [1], "c": 2, "d": "fine"},
  "label": "first", "label": "second",
  "discover": "x",
  "profile": "lan",
  "replay_on_join": true
})");
    const std::string second = folder.write("2.json", R"({"log_level": "loud")");  // breaks off
    const std::string told =
        problem({.paths = {first, second, folder / "none.json"},
                 .environment = environment({{"ROLLCALL_TAG", "x,y=1,z"}}),
                 .flags = {flag("suspicion-mult", {"x"}), flag("retry-max", {"-1"}),
                           flag("syslog-facility", {"MOON"})}});
    EXPECT_THAT(
        lines_of(told),
        ElementsAre(
            HasSubstr(first + ":2: node_nmae"), HasSubstr(first + ":3: retry_interval: '30'"),
            HasSubstr(first + ":4: retry_join: '{...}'"), HasSubstr(first + ":5: tags: 'a=b'"),
            HasSubstr(first + ":5: tags.c: '2'"), HasSubstr(first + ":6: label: given already"),
            HasSubstr(first + ":7: discover: not supported"),
            HasSubstr(second + ":1: invalid JSON"), HasSubstr(folder / "none.json: cannot be read"),
            HasSubstr("$ROLLCALL_TAG: 'x'"), HasSubstr("$ROLLCALL_TAG: 'z'"),
            HasSubstr("--suspicion-mult: 'x'"), HasSubstr("--retry-max: '-1'"),
            HasSubstr(second + ":1: log_level: 'loud'"), HasSubstr("--syslog-facility: 'MOON'")));
}

TEST(ConfigSources, EveryWrongFieldIsReportedOnce) {
    const auto told = [](const AgentConfig& config) {
        std::vector<std::string> fields;
        for (const ConfigError& each : settle_all(config).mistakes) fields.push_back(each.field);
        return fields;
    };
    EXPECT_THAT(told({.node = std::string(300, 'n'),
                      .bind = "224.0.0.1",
                      .join = {"a/b/c", "fine", "d/e/f"},
                      .log_level = "loud",
                      .label = std::string(300, 'l'),
                      .dead_node_reclaim = std::chrono::hours{24 * 365 * 20},
                      .probe_interval = 1ms,
                      .suspicion_mult = 65}),
                ElementsAre("node", "bind", "join", "join", "label", "probe_interval",
                            "suspicion_mult", "dead_node_reclaim", "log_level"));
    // No error about timings beside an unknown profile.
    EXPECT_THAT(told({.profile = "moon", .probe_timeout = 2s}), ElementsAre("profile"));
}

TEST(ConfigSources, AllConflictsAreReportedWithTheirFields) {
    const TestFolder folder;
    const auto lines = lines_of(
        problem({.paths = {folder / "none.json"},
                 .flags = {flag("tags-file", {folder.write("tags.json", "[]")}),
                           flag("tag", {"a=b"}), flag("role", {"web"}), flag("encrypt", {"abc"}),
                           flag("keyring-file", {folder.write("keys.json", "[]")})}}));
    EXPECT_THAT(
        lines,
        ElementsAre(HasSubstr("none.json: cannot be read"), HasSubstr("--tag: 'a=b'"),
                    HasSubstr("--role: 'web'"), HasSubstr("--tags-file: "),
                    HasSubstr("--encrypt: Encryption key not allowed"),
                    HasSubstr("--encrypt: the key is not base64"), HasSubstr("--keyring-file: ")));
}

TEST(ConfigSources, AFolderThatCannotBeReadDoesNotHideTheMistakesOfOtherFiles) {
    const TestFolder folder;
    std::vector<std::string> paths{folder.path()};
    for (std::size_t i = 0; i <= kMaxConfigFiles; ++i) {
        static_cast<void>(folder.write(std::to_string(i) + ".json", "{}"));
    }
    paths.insert(paths.begin(), folder.write("wrong", R"({"label": 1, "nod": "x"})"));
    EXPECT_THAT(lines_of(problem({.paths = paths, .flags = {flag("suspicion-mult", {"65"})}})),
                ElementsAre(HasSubstr("more than 1024 files"), HasSubstr(": label: '1'"),
                            HasSubstr(": nod: no setting"), HasSubstr("--suspicion-mult: '65'")));
}

TEST(ConfigSources, AConsequenceOfAnotherMistakeIsNotReported) {
    EXPECT_THAT(lines_of(problem(
                    {.flags = {flag("probe-interval", {"soon"}), flag("probe-timeout", {"2s"})}})),
                ElementsAre(HasSubstr("--probe-interval: 'soon'")));
    const TestFolder folder;
    const std::string broken = folder.write("a.json", R"({"snapshot_path": "/x",})");
    EXPECT_THAT(lines_of(problem({.paths = {broken}, .flags = {flag("rejoin", {"true"})}})),
                ElementsAre(HasSubstr("invalid JSON")));
}

TEST(ConfigSources, AFileOfMistakesEnds) {
    std::string text = "{";
    for (int i = 0; i < 5000; ++i) text += "\"key" + std::to_string(i) + "\": 1,\n";
    const TestFolder folder;
    const auto lines = lines_of(problem({.paths = {folder.write("a.json", text + "\"k\": 1}")}}));
    EXPECT_EQ(lines.size(), kMaxMistakes);
    EXPECT_THAT(lines.back(), HasSubstr("too many mistakes"));
}

}  // namespace
}  // namespace rollcall::agent
