// SPDX-License-Identifier: Apache-2.0
//
// docs/cli.md names every command and every flag, docs/operations/tune.md every key of
// `rollcall tune`; the agent's settings are in the settings reference, whose table another test
// compares (tests/agent/config/settings_table_test.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "agent/config/settings_table.h"
#include "cli/commands.h"
#include "serf/tune_values.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

bool is_setting(const std::string& flag) {
    const auto settings = agent::all_settings();
    return std::ranges::any_of(settings, [&](const agent::Setting& s) { return s.flag == flag; });
}

// Flags of all commands that talk to an agent, which the page describes once.
const std::set<std::string> kShared{"format", "rpc-addr", "rpc-auth", "rpc-auth-file",
                                    "tls-ca", "tls-cert", "tls-key"};

TEST(CliDocs, NameEveryCommandAndEveryFlag) {
    const std::string text = rollcall::tests::project_file("docs/cli.md");
    for (const auto make : all_commands()) {
        const Command command = make();
        EXPECT_THAT(text, ::testing::HasSubstr("\n## " + command.name + "\n"));
        const std::size_t section = text.find("\n## " + command.name + "\n");
        const std::string page = text.substr(section, text.find("\n## ", section + 1) - section);
        for (const Flag& flag : command.flags) {
            if (command.name == "agent" && is_setting(flag.name)) continue;
            const bool shared = command.json_errors && kShared.contains(flag.name);
            EXPECT_THAT(shared ? text : page, ::testing::HasSubstr("--" + flag.name))
                << command.name;
        }
    }
}

TEST(CliDocs, NameEveryTimingThatCanBeTuned) {
    std::string keys = "| `" + serf::tune_keys() + "` |";
    for (std::size_t at = 0; (at = keys.find(", ", at)) != std::string::npos; at += 6) {
        keys.replace(at, 2, "`, `");
    }
    EXPECT_THAT(rollcall::tests::project_file("docs/operations/tune.md"),
                ::testing::HasSubstr(keys));
    EXPECT_THAT(tune_command().description, ::testing::HasSubstr(serf::tune_keys()));
}

}  // namespace
}  // namespace rollcall::cli
