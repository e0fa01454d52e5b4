// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "agent/config/settings_table.h"
#include "cli/captured.h"
#include "cli/version.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::run;
using ::testing::StartsWith;

struct Seen {
    std::string text = "unset";
    std::vector<std::string> list;
    bool on = false;
    std::vector<std::string> arguments;
};
Seen seen;

// Remembers how it was called.
Command probe_command() {
    seen = {};
    return {.name = "probe",
            .summary = "Looks",
            .arguments = "[THING...]",
            .description = "Looks at things.",
            .flags = {{"text", "TEXT", "A text.", &seen.text},
                      {"item", "TEXT", "An item.", &seen.list},
                      {"on", "", "A switch.", &seen.on}},
            .examples = {{"rollcall probe", "Looks."}},
            .positionals = &seen.arguments,
            .min_positionals = 0,
            .max_positionals = 2,
            .run = [](const Context&) { return 7; }};
}
testing::Outcome probe(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "probe");
    return run(arguments, {}, {probe_command});
}

TEST(Command, FlagsReachTheirVariablesAndTheExitCodeComesBack) {
    EXPECT_EQ(probe({"-text=a", "-item", "1", "--item=2", "-on", "x", "y"}).exit, 7);
    EXPECT_EQ(seen.text, "a");
    EXPECT_THAT(seen.list, ElementsAre("1", "2"));
    EXPECT_TRUE(seen.on);
    EXPECT_THAT(seen.arguments, ElementsAre("x", "y"));
}

TEST(Command, TextIsTakenAsItIs) {
    // CLI11 would split brackets, swallow the next word after an empty value, and so on.
    EXPECT_EQ(probe({"-text=", "-item=[ab]", "-item=[x,y]", "-item=", "[::1]"}).exit, 7);
    EXPECT_EQ(seen.text, "");
    EXPECT_THAT(seen.list, ElementsAre("[ab]", "[x,y]", ""));
    EXPECT_THAT(seen.arguments, ElementsAre("[::1]"));
    EXPECT_EQ(probe({"-text", "{}", "-item", "--on", "-item", "a b", "-item", "%%"}).exit, 7);
    EXPECT_EQ(seen.text, "{}");
    EXPECT_THAT(seen.list, ElementsAre("--on", "a b", "%%"));
    EXPECT_FALSE(seen.on);
}

TEST(Command, OfAFlagGivenTwiceTheLaterOneCounts) {
    EXPECT_EQ(probe({"-text=a", "-text=b", "-on", "-on=false"}).exit, 7);
    EXPECT_EQ(seen.text, "b");
    EXPECT_FALSE(seen.on);
}

TEST(Command, ATooLongListOfArgumentsIsRefusedByName) {
    const auto outcome = probe({"a", "b", "c"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_THAT(outcome.err, StartsWith("unexpected argument 'c'\nhint: "));
    EXPECT_EQ(outcome.out, "");
}

TEST(Command, BadFlagsExitWithOneAndSayWhereHelpIs) {
    const auto outcome = run({"members", "--staus=alive"});
    EXPECT_EQ(outcome.exit, kExitError);
    EXPECT_EQ(outcome.err, "unknown flag: --staus\nhint: did you mean --status?\n");
    EXPECT_EQ(run({"members", "--staus=alive", "--nmae", "x"}).err,
              "unknown flag: --staus\nhint: did you mean --status?\n"
              "unknown flag: --nmae\nhint: did you mean --name?\n");
    EXPECT_THAT(run({"members", "-name"}).err,
                StartsWith("--name needs a value\nhint: run 'rollcall members --help'"));
}

TEST(Command, WithoutAKnownSubcommandTheUsageGoesToStderrWith127) {
    const auto none = run({});
    EXPECT_EQ(none.exit, kExitUnknownCommand);
    EXPECT_THAT(none.err, StartsWith("Usage: rollcall "));
    EXPECT_EQ(none.out, "");

    const auto typo = run({"memebrs"});
    EXPECT_EQ(typo.exit, kExitUnknownCommand);
    EXPECT_THAT(typo.err, StartsWith("rollcall: unknown command 'memebrs'\n"
                                     "hint: did you mean 'members'?\n"));
    EXPECT_THAT(typo.err, HasSubstr("\n    members "));
    EXPECT_EQ(run({"help", "nope"}).exit, kExitUnknownCommand);
}

TEST(Command, HelpOfEverySubcommandIsCompleteAndFitsThePage) {
    const auto list = run({"--help"});
    EXPECT_EQ(list.exit, kExitOk);
    for (const auto make : all_commands()) {
        const Command command = make();
        EXPECT_THAT(list.out, HasSubstr("    " + command.name + " "));
        const auto page = run({command.name, "--help"});
        EXPECT_EQ(page.exit, kExitOk);
        EXPECT_EQ(page.out, run({"help", command.name}).out);
        EXPECT_THAT(page.out, StartsWith("Usage: rollcall " + command.name));
        for (const Flag& flag : command.flags) {
            EXPECT_THAT(page.out, HasSubstr("\n  --" + flag.name)) << command.name;
        }
        if (!command.flags.empty()) {
            EXPECT_THAT(page.out, HasSubstr("Examples:")) << command.name;
        }
        std::istringstream lines{page.out};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("  $ ")) continue;  // to be copied whole
            EXPECT_LE(line.size(), 80u) << line;
        }
    }
}

TEST(Command, HelpFollowsTheWidthOfThePage) {
    for (const auto make : all_commands()) {
        const Command command = make();
        for (const std::size_t columns : {40u, 70u, 110u}) {
            std::istringstream lines{help(command, columns)};
            for (std::string line; std::getline(lines, line);) {
                // Not broken: examples, flags, and single words that are longer than the page.
                const std::size_t word = line.find_first_not_of(' ');
                const bool whole = line.starts_with("  $ ") || line.starts_with("  --") ||
                                   line.starts_with("Usage: ") ||
                                   line.find(' ', word) == std::string::npos;
                if (!whole) {
                    EXPECT_LE(line.size(), columns) << line;
                }
            }
        }
    }
    const std::string narrow = help(probe_command(), 40);
    EXPECT_THAT(narrow, HasSubstr("\n  --text TEXT\n        A text.\n"));
    EXPECT_THAT(help(probe_command(), 80), HasSubstr("\n  --text TEXT  A text.\n"));
}

TEST(AgentCommand, ItsHelpHasTheGroupsOfTheSettings) {
    const std::string page = run({"agent", "--help"}).out;
    std::size_t at = page.find("\nFlags:\n");
    ASSERT_NE(at, std::string::npos);
    for (const agent::SettingGroup& group : agent::setting_groups()) {
        const std::size_t heading = page.find("\n" + std::string{group.title} + ":\n");
        const std::size_t first = page.find("\n  --" + std::string{group.first} + ' ');
        ASSERT_NE(heading, std::string::npos) << group.title;
        EXPECT_GT(heading, at) << group.title;
        EXPECT_GT(first, heading) << group.title;
        at = heading;
    }
}

TEST(Command, TheVersionIsTheProjectsOwn) {
    std::smatch match;
    const std::string cmake = rollcall::tests::project_file("CMakeLists.txt");
    ASSERT_TRUE(std::regex_search(cmake, match, std::regex{R"(rollcall VERSION ([0-9.]+))"}));
    EXPECT_EQ(match[1].str(), kVersionNumber);

    for (const char* word : {"-v", "--version", "-version", "version"}) {
        const auto outcome = run({word});
        EXPECT_EQ(outcome.exit, kExitOk);
        EXPECT_EQ(outcome.out, "rollcall v" + std::string{kVersionNumber} +
                                   "\nAgent Protocol: 5 (Understands back to: 2)\n");
    }
}

TEST(Command, ErrorsAreTextWithAHintOrOneJsonObject) {
    TextFile err;
    const Context context{.err = err.file()};
    EXPECT_EQ(fail(context, {"it broke\x1b[2J", "mend it"}), kExitError);
    EXPECT_EQ(err.text(), "it broke\\x1b[2J\nhint: mend it\n");

    TextFile json_err;
    const Context json_context{.err = json_err.file()};
    EXPECT_EQ(fail(json_context, {"it \"broke\"\n\xff", "mend it"}, true), kExitError);
    const auto json = nlohmann::json::parse(json_err.text());
    EXPECT_THAT(json.at("error").get<std::string>(), StartsWith("it \"broke\"\n"));
    EXPECT_EQ(json.at("hint"), "mend it");
}

TEST(AgentCommand, NumbersAndDurationsAreCheckedByFlag) {
    EXPECT_THAT(run({"agent", "--check", "-retry-max=-1"}).err,
                StartsWith("--retry-max: '-1' is not allowed; allowed: a whole number"));
    EXPECT_THAT(run({"agent", "--check", "-suspicion-mult", "4x"}).err,
                StartsWith("--suspicion-mult: '4x' is not allowed; allowed: a whole number"));
    EXPECT_THAT(run({"agent", "--check", "-tag", "novalue"}).err,
                StartsWith("--tag: 'novalue' is not allowed; allowed: KEY=VALUE"));
    for (const char* flag :
         {"retry-interval", "broadcast-timeout", "reconnect-interval", "reconnect-timeout",
          "tombstone-timeout", "dead-node-reclaim", "probe-interval", "probe-timeout",
          "gossip-interval", "push-pull-interval"}) {
        const std::string name = "--" + std::string{flag};
        const auto outcome = run({"agent", "--check", name, "soon"});
        EXPECT_EQ(outcome.exit, kExitError);
        EXPECT_THAT(outcome.err, StartsWith(name + ": 'soon' "));
    }
    EXPECT_EQ(run({"agent", "stray"}).err,
              "unexpected argument 'stray'\nhint: run 'rollcall agent --help' for all flags\n");
}

// "--encrypt $KEY" with KEY not set would otherwise run in the clear.
TEST(AgentCommand, AnEmptyValueIsRefusedAndNotTakenForTheDefault) {
    for (const char* flag : {"encrypt", "rpc-auth", "keyring-file", "label", "retry-interval"}) {
        const std::string name = "--" + std::string{flag};
        // The second flag is wrong, so that nothing runs if the first is let through.
        for (const std::vector<std::string>& words :
             {std::vector<std::string>{"agent", name, "", "--profile=moon"},
              std::vector<std::string>{"agent", name + "=", "--profile=moon"}}) {
            const auto outcome = run(words);
            EXPECT_EQ(outcome.exit, kExitError);
            EXPECT_THAT(outcome.err, StartsWith(name + ": the value is empty")) << flag;
        }
    }
}

TEST(Keygen, KeysAreRandomAndOfTheAskedSize) {
    for (const auto& [size, characters] :
         std::map<std::string, std::size_t>{{"16", 24}, {"24", 32}, {"32", 44}}) {
        const auto one = run({"keygen", "-size", size});
        const auto other = run({"keygen", "--size=" + size});
        EXPECT_EQ(one.exit, kExitOk);
        EXPECT_EQ(one.out.size(), characters + 1);
        EXPECT_NE(one.out, other.out);
    }
    EXPECT_EQ(run({"keygen"}).out.size(), 45u);
    const auto bad = run({"keygen", "-size", "20"});
    EXPECT_EQ(bad.exit, kExitError);
    EXPECT_THAT(bad.err, HasSubstr("'20'"));
    EXPECT_THAT(bad.err, HasSubstr("16, 24 or 32"));
}

}  // namespace
}  // namespace rollcall::cli
