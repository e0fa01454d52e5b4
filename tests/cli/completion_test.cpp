// SPDX-License-Identifier: Apache-2.0
//
// The scripts for shells: bash runs the one for bash and is asked as if Tab was pressed; the
// others are read by their shells where these are installed.
#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "cli/captured.h"
#include "cli/commands.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;
using Lines = std::vector<std::string>;

struct Told {
    int exit = -1;
    Lines lines;
};

Told told_by(const std::string& command) {
    Told told;
    std::FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "r");
    if (pipe == nullptr) return told;
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
        std::string text{line.data()};
        if (text.ends_with('\n')) text.pop_back();
        told.lines.push_back(std::move(text));
    }
    const int status = pclose(pipe);
    told.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return told;
}

class Completion : public ::testing::Test {
protected:
    Completion() {
        std::ofstream{script()} << *completion_script("bash", all_commands());
        std::ofstream{folder_ / "a-file.json"} << "{}";
    }
    [[nodiscard]] std::string script() const { return folder_ / "script"; }

    // What bash offers at the end of the words, the last of which is being typed.
    [[nodiscard]] Lines offered(const Lines& words) const {
        std::string line = "cd " + folder_.path() + "; bash --norc -c '. ./script; COMP_WORDS=(";
        for (const std::string& word : words) line += "\"" + word + "\" ";
        line += "); COMP_CWORD=" + std::to_string(words.size() - 1) +
                "; _rollcall; printf \"%s\\n\" \"${COMPREPLY[@]}\"'";
        return told_by(line).lines;
    }
    const rollcall::tests::TestFolder folder_;
};

TEST_F(Completion, OffersCommandsFirst) {
    EXPECT_THAT(offered({"rollcall", ""}),
                IsSupersetOf({"agent", "members", "completion", "--help"}));
    EXPECT_THAT(offered({"rollcall", "mem"}), ElementsAre("members"));
    EXPECT_THAT(offered({"rollcall", "help", "mem"}), ElementsAre("members"));
}

TEST_F(Completion, OffersTheFlagsOfTheCommandAndNoOthers) {
    EXPECT_THAT(offered({"rollcall", "members", "--"}),
                AllOf(IsSupersetOf({"--rpc-addr", "--watch", "--help"}), Not(Contains("--join"))));
    EXPECT_THAT(offered({"rollcall", "agent", "--retry-j"}), ElementsAre("--retry-join"));
}

TEST_F(Completion, OffersWhatMayFollowAFlag) {
    const Lines profiles{"lan", "wan", "local", "fast", "fast-wan"};
    EXPECT_EQ(offered({"rollcall", "agent", "--profile", ""}), profiles);
    EXPECT_EQ(offered({"rollcall", "agent", "--profile", "="}), profiles);
    EXPECT_EQ(offered({"rollcall", "agent", "-profile", ""}), profiles);
    EXPECT_THAT(offered({"rollcall", "agent", "--profile", "=", "w"}), ElementsAre("wan"));
    EXPECT_THAT(offered({"rollcall", "agent", "--keyring-file", "a-"}), ElementsAre("a-file.json"));
    EXPECT_THAT(offered({"rollcall", "agent", "--node", ""}), ElementsAre(""));
    EXPECT_THAT(offered({"rollcall", "completion", "z"}), ElementsAre("zsh"));
}

TEST_F(Completion, OffersAUnixSocketsFileAsAnAddress) {
    const std::string file = folder_ / "a-file.json";
    // bash takes unix:/path for three words.
    EXPECT_THAT(offered({"rollcall", "members", "--rpc-addr", "u"}), ElementsAre("unix:"));
    EXPECT_THAT(offered({"rollcall", "members", "--rpc-addr", "unix", ":"}),
                Contains("a-file.json"));
    EXPECT_THAT(offered({"rollcall", "agent", "--rpc-addr", "=", "unix", ":",
                         file.substr(0, file.size() - 3)}),
                ElementsAre(file));
    if (told_by("command -v fish").exit != 0) return;
    std::ofstream{script()} << *completion_script("fish", all_commands());
    const auto by_fish = [&](const std::string& line) {
        return told_by("fish --no-config -c 'source " + script() + "; complete -C \"rollcall " +
                       line + "\"'")
            .lines;
    };
    EXPECT_THAT(by_fish("members --rpc-addr u"), Contains(StartsWith("unix:\t")));
    EXPECT_THAT(by_fish("members --rpc-addr unix:" + file.substr(0, file.size() - 3)),
                ElementsAre(StartsWith("unix:" + file)));
}

TEST_F(Completion, EveryFlagIsInEveryScript) {
    for (const std::string_view shell : kShells) {
        const auto text = completion_script(shell, all_commands());
        ASSERT_TRUE(text) << shell;
        for (const auto make : all_commands()) {
            for (const Flag& flag : make().flags) {
                const std::string_view dashes = shell == "fish" ? "-l " : "--";
                EXPECT_THAT(*text, HasSubstr(std::string{dashes} + flag.name)) << shell;
            }
        }
    }
}

TEST_F(Completion, EachShellCanReadItsScript) {
    for (const std::string_view shell : kShells) {
        const std::string name{shell};
        if (told_by("command -v " + name).exit != 0) continue;
        std::ofstream{script()} << *completion_script(shell, all_commands());
        const Told told = told_by(name + " -n " + script());
        EXPECT_EQ(told.exit, 0) << shell << ": " << (told.lines.empty() ? "" : told.lines.front());
    }
}

TEST_F(Completion, IsACommand) {
    EXPECT_EQ(testing::run({"completion", "bash"}).out, *completion_script("bash", all_commands()));
    const auto wrong = testing::run({"completion", "tcsh"});
    EXPECT_EQ(wrong.exit, kExitError);
    EXPECT_EQ(wrong.err, "no completion for 'tcsh'\nhint: bash, fish or zsh\n");
    EXPECT_THAT(testing::run({"completion"}).err, HasSubstr("name a shell"));
}

}  // namespace
}  // namespace rollcall::cli
