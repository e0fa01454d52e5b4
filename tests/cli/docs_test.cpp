// SPDX-License-Identifier: Apache-2.0
//
// docs/cli.md promises to name every command and every flag.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

TEST(CliDocs, NameEveryCommandAndEveryFlag) {
    const std::string text = rollcall::tests::project_file("docs/cli.md");
    for (const auto make : all_commands()) {
        const Command command = make();
        EXPECT_THAT(text, ::testing::HasSubstr("\n## " + command.name + "\n"));
        const std::size_t section = text.find("\n## " + command.name + "\n");
        const std::string page = text.substr(section, text.find("\n## ", section + 1) - section);
        for (const Flag& flag : command.flags) {
            const bool shared =
                command.json_errors &&
                (flag.name == "format" || flag.name == "rpc-addr" || flag.name == "rpc-auth");
            EXPECT_THAT(shared ? text : page, ::testing::HasSubstr("--" + flag.name))
                << command.name;
        }
    }
}

}  // namespace
}  // namespace rollcall::cli
