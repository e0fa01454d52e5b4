// SPDX-License-Identifier: Apache-2.0
//
// Manual pages have what the tables have, and groff reads them without a warning where it is
// installed.
#include "cli/man.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "agent/config/settings_table.h"
#include "cli/captured.h"
#include "cli/commands.h"
#include "cli/man_text.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Man, EachCommandHasAPageWithAllItsFlagsAndExamples) {
    for (const auto make : all_commands()) {
        const Command command = make();
        const auto page = man_page(command.name, all_commands());
        ASSERT_TRUE(page) << command.name;
        EXPECT_THAT(*page, HasSubstr(in_roff(command.description)));
        for (const Flag& flag : command.flags) {
            EXPECT_THAT(*page, HasSubstr(bold("--" + flag.name))) << command.name;
            EXPECT_THAT(*page, HasSubstr(in_roff(flag.help))) << command.name;
        }
        for (const Example& example : command.examples) {
            EXPECT_THAT(*page, HasSubstr(bold(example.line))) << command.name;
        }
    }
}

TEST(Man, ThePageOfTheProgramNamesAllCommands) {
    const auto page = man_page("rollcall", all_commands());
    ASSERT_TRUE(page);
    for (const auto make : all_commands()) {
        EXPECT_THAT(*page, HasSubstr(bold("rollcall-" + make().name) + "(1)"));
    }
}

TEST(Man, ThePageOfTheSettingsHasEachWithFlagVariableDefaultAndRange) {
    const auto page = man_page("settings", all_commands());
    ASSERT_TRUE(page);
    for (const agent::Setting& setting : agent::all_settings()) {
        for (const std::string& part : {std::string{setting.key}, "--" + std::string{setting.flag},
                                        agent::environment_name(setting)}) {
            EXPECT_THAT(*page, HasSubstr(bold(part)));
        }
        EXPECT_THAT(*page, HasSubstr(in_roff("Default: " + agent::default_of(setting) +
                                             ". Allowed: " + agent::in_text(setting.allowed))));
    }
}

TEST(Man, NoCharacterOfATextHasAMeaning) {
    EXPECT_EQ(in_roff(".SH -x 'a\\b'"), "\\&.SH \\-x \\(aqa\\eb\\(aq");
    EXPECT_EQ(in_roff("one\n.two"), "one\n.PP\n\\&.two");
}

TEST(Man, GroffReadsEachPageWithoutAWarning) {
    if (std::system("command -v groff >/dev/null") != 0) GTEST_SKIP() << "groff is not installed";
    const rollcall::tests::TestFolder folder;
    for (const std::string& name : man_page_names(all_commands())) {
        const std::string file = folder.write(name, *man_page(name, all_commands()));
        const std::string said = folder / "said";
        EXPECT_EQ(std::system(("groff -man -Tutf8 -ww -z " + file + " 2>" + said).c_str()), 0);
        EXPECT_EQ(rollcall::tests::whole_file(said), "") << name;
    }
}

TEST(Man, TheCommandPrintsAPageByAnyOfItsNamesAndListsAll) {
    const auto list = testing::run({"man", "--list"});
    EXPECT_EQ(list.exit, 0);
    EXPECT_THAT(list.out, StartsWith("rollcall.1\nrollcall-agent.1\n"));
    EXPECT_THAT(list.out, HasSubstr("\nrollcall-settings.5\n"));
    const std::string page = *man_page("agent", all_commands());
    for (const char* const name : {"agent", "rollcall-agent", "rollcall-agent.1"}) {
        EXPECT_EQ(testing::run({"man", name}).out, page) << name;
    }
    EXPECT_EQ(testing::run({"man"}).out, *man_page("rollcall", all_commands()));
    const auto wrong = testing::run({"man", "agents"});
    EXPECT_EQ(wrong.exit, 1);
    EXPECT_THAT(wrong.err, HasSubstr("no manual page 'agents'"));
}

}  // namespace
}  // namespace rollcall::cli
