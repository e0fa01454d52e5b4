// SPDX-License-Identifier: Apache-2.0
//
// rollcall-sim on the command line: output and exit codes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ask.h"
#include "base/version.h"
#include "sim/program/answer/run_report.h"
#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/program/language.h"
#include "sim/program/stored_run.h"

namespace rollcall::sim {
namespace {

class Program : public WithFolder {};

constexpr const char* kSmall =
    "# A small one. For tests.\nnodes 4\nrun 30s\nat 5s crash n2\nexpect nobody but n2 dead\n";

TEST_F(Program, RunsAFileAndPrintsTheResult) {
    const Answer answer = ask({"run", write("small.txt", kSmall), "--seed", "3"});
    EXPECT_EQ(answer.code, kHolds) << answer.err;
    EXPECT_EQ(answer.err, "");
    for (const char* part : {"small  4 nodes", "A small one. For tests.", "deaths detected",
                             "✓ nobody but n2 dead", "holds", "hash 0x", "--seed 3"}) {
        EXPECT_NE(answer.out.find(part), std::string::npos) << part << "\n" << answer.out;
    }
}

TEST_F(Program, ABrokenExpectationIsExitCodeOne) {
    const Answer answer =
        ask({"run", write("small.txt", std::string{kSmall} + "expect nobody dead\n")});
    EXPECT_EQ(answer.code, kBroken);
    EXPECT_NE(answer.out.find("✗ nobody dead"), std::string::npos) << answer.out;
    EXPECT_NE(answer.out.find("does not hold"), std::string::npos);
}

TEST_F(Program, ABadFileIsExitCodeTwoWithAllErrors) {
    const std::string path = write("bad.txt", "nodes many\nrun 30s\nat 5s crush n2\n");
    const Answer answer = ask({"run", path});
    EXPECT_EQ(answer.code, kUsage);
    EXPECT_EQ(answer.out, "");
    EXPECT_NE(answer.err.find(path + ":1: nodes: 'many'"), std::string::npos) << answer.err;
    EXPECT_NE(answer.err.find(path + ":3: action: 'crush'"), std::string::npos);
}

TEST_F(Program, AWrongHeadHidesNoOtherError) {
    const std::string rest = "at 5s crash n2\nat 6s crush n2\nexpect n2 dead everywhere by 20x\n";
    for (const char* head :
         {"run soon\nnodes 4\n", "run 0s\nnodes 4\n", "nodes 4\n", "run 30s\nnodes few\n",
          "run 30s\nnodes 4\nprofile lam\n", "run 30s\nnodes 4\ncore serv\nset reap_interval 10s\n",
          "run 30s\nnodes 4\nset probe_interval fast\n"}) {
        const std::string path = write("bad.txt", head + rest);
        const Answer answer = ask({"run", path});
        EXPECT_EQ(answer.code, kUsage);
        const auto lines = std::ranges::count(answer.err, '\n');
        EXPECT_EQ(lines, 3) << head << answer.err;  // that of the head, and the two of the rest
        EXPECT_NE(answer.err.find("action: 'crush'"), std::string::npos) << answer.err;
        EXPECT_NE(answer.err.find("'20x'"), std::string::npos) << answer.err;
    }
}

TEST_F(Program, PrintsItsVersion) {
    const Answer answer = ask({"--version"});
    EXPECT_EQ(answer.code, kHolds);
    EXPECT_EQ(answer.out, "rollcall-sim v" + std::string{kVersionNumber} + "\n");
}

TEST_F(Program, PrintsTheDifferencesFromAnAgent) {
    const std::string small = write("small.txt", kSmall);
    const Answer bare = ask({"run", small});
    EXPECT_NE(bare.out.find("differs from an agent: core membership (agent: core serf), "
                            "dead_node_reclaim 0s (agent: 2s)"),
              std::string::npos)
        << bare.out;
    const std::string same =
        write("same.txt", std::string{kSmall} + "core serf\nset dead_node_reclaim 2s\n");
    EXPECT_EQ(ask({"run", same}).out.find("differs from"), std::string::npos);
}

TEST_F(Program, UndetectedRestartsArePrintedWithTheReason) {
    const Answer answer = ask(
        {"run", write("restart.txt", "nodes 4\nrun 30s\nat 5s kill n2 for 1s\n"), "--seed", "3"});
    for (const char* row :
         {"\n  deaths detected   none of 1: started again before any member declared them dead\n",
          "\n  joins known       none of 1: all other running members already knew them\n"}) {
        EXPECT_NE(answer.out.find(row), std::string::npos) << answer.out;
    }
    EXPECT_EQ(answer.out.find(" - "), std::string::npos) << answer.out;
}

TEST_F(Program, ADashIsStandardOutputAndTheResultGoesToStandardError) {
    const std::string small = write("small.txt", kSmall);
    for (const auto& [flag, first] : {std::pair{"--trace", "{\"at_us\":0"},
                                      {"--report", "<!doctype html>"},
                                      {"--save", "# A small one"}}) {
        const Answer answer = ask({"run", small, flag, "-"});
        EXPECT_EQ(answer.code, kHolds) << answer.err;
        EXPECT_TRUE(answer.out.starts_with(first)) << flag << "\n" << answer.out.substr(0, 200);
        EXPECT_NE(answer.err.find("nobody but n2 dead"), std::string::npos) << answer.err;
        EXPECT_EQ(answer.out.find("differs from an agent"), std::string::npos) << flag;
    }
    EXPECT_FALSE(std::filesystem::exists("-"));
    const Answer both = ask({"run", small, "--trace", "-", "--report", "-"});
    EXPECT_EQ(both.code, kUsage);
    EXPECT_NE(both.err.find("'-' is not allowed more than once"), std::string::npos) << both.err;
}

TEST_F(Program, ABadCommandLineIsExitCodeTwo) {
    EXPECT_EQ(ask({}).code, kUsage);
    EXPECT_EQ(ask({"rum"}).code, kUsage);
    EXPECT_EQ(ask({"run"}).code, kUsage);
    EXPECT_EQ(ask({"run", "crash", "--format", "xml"}).code, kUsage);
    EXPECT_EQ(ask({"run", "crash", "--seed", "x"}).code, kUsage);
    EXPECT_EQ(ask({"run", "crash", "--nodes", "0"}).code, kUsage);
    EXPECT_EQ(ask({"run", path("")}).code, kUsage);
    const Answer setting = ask({"run", "crash", "--set", "probe_interval"});
    EXPECT_EQ(setting.code, kUsage);
    EXPECT_NE(setting.err.find("NAME=VALUE"), std::string::npos) << setting.err;
    const Answer unknown = ask({"run", "crahs"});
    EXPECT_EQ(unknown.code, kUsage);
    EXPECT_NE(unknown.err.find("did you mean 'crash'?"), std::string::npos) << unknown.err;
}

TEST_F(Program, HelpIsExitCodeZero) {
    const Answer answer = ask({"--help"});
    EXPECT_EQ(answer.code, kHolds);
    for (const Command& command : all_commands()) {
        EXPECT_NE(answer.out.find(command.name), std::string::npos) << command.name;
        EXPECT_EQ(ask({command.name, "--help"}).code, kHolds) << command.name;
    }
}

TEST_F(Program, PrintsJson) {
    const Answer answer =
        ask({"run", write("small.txt", kSmall), "--format=json", "--set", "probe_interval=2s"});
    ASSERT_EQ(answer.code, kHolds) << answer.err;
    const auto parsed = nlohmann::json::parse(answer.out);
    EXPECT_EQ(parsed["scenario"], "small");
    EXPECT_EQ(parsed["why"], "A small one. For tests.");
    EXPECT_EQ(parsed["holds"], true);
    EXPECT_EQ(parsed["expectations"][0]["line"], 5);
    EXPECT_EQ(parsed["figures"]["detect_news"], 1);
    EXPECT_EQ(parsed["simulated_s"], 30);
}

TEST_F(Program, SettingsSeedAndNodesChangeTheRun) {
    const std::string path = write("small.txt", kSmall);
    const auto hash = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"run", path, "--format=json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return nlohmann::json::parse(ask(arguments).out)["hash"].get<std::string>();
    };
    const std::string first = hash({});
    EXPECT_EQ(first, hash({"--seed", "1"}));
    EXPECT_NE(first, hash({"--seed", "2"}));
    EXPECT_NE(first, hash({"--nodes", "5"}));
    EXPECT_NE(first, hash({"--set", "gossip_nodes=2"}));
}

TEST_F(Program, AStoredRunIsReplayed) {
    const std::string stored = path("stored.txt");
    const Answer run = ask({"run", write("small.txt", kSmall), "--seed", "9", "--nodes", "6",
                            "--set", "indirect_checks=1", "--save", stored});
    ASSERT_EQ(run.code, kHolds) << run.err;
    const Answer replay = ask({"replay", stored});
    EXPECT_EQ(replay.code, kHolds) << replay.err << replay.out;
    EXPECT_NE(replay.out.find("the same run"), std::string::npos);

    std::string problem;
    std::string text = *read_file(stored, problem);
    text.replace(text.find("seed 9"), 6, "seed 8");
    const Answer other = ask({"replay", write("other.txt", text)});
    EXPECT_EQ(other.code, kBroken);
    EXPECT_NE(other.out.find("another run"), std::string::npos);
    EXPECT_EQ(ask({"replay", write("plain.txt", kSmall)}).code, kUsage);
    EXPECT_EQ(ask({"run", "crash", "--save", "/nowhere/at/all"}).code, kBroken);
}

TEST(StoredRuns, IncludeTheChangesOfTheCommandLine) {
    const ScenarioChoice choice{.what = "x", .nodes = 7, .settings = {"gossip_nodes=5"}};
    EXPECT_EQ(stored_text("# Why.\nnodes 4\nset gossip_nodes 2\nset packet_size 900\nrun 30s\n"
                          "seed 1\n",
                          choice, 3, 0xab),
              "# Why.\nset packet_size 900\nrun 30s\n\nnodes 7\nset gossip_nodes 5\nseed 3\n"
              "hash 0x00000000000000ab\n");
}

TEST(Choices, AreQuotedForAShell) {
    const ScenarioChoice choice{.what = "it's here.txt", .nodes = 7, .settings = {"a=1"}};
    EXPECT_EQ(choice.command_line(), "'it'\\''s here.txt' --nodes 7 --set a=1");
}

TEST_F(Program, PrintsTheStory) {
    const Answer answer = ask({"run", write("small.txt", kSmall), "--story"});
    EXPECT_NE(answer.out.find("host crashes"), std::string::npos);
    EXPECT_NE(answer.out.find("suspects   n2"), std::string::npos);
}

TEST_F(Program, ListsAndPrintsBuiltInScenarios) {
    const Answer list = ask({"list"});
    EXPECT_EQ(list.code, kHolds);
    for (const BuiltIn& one : built_in_scenarios()) {
        EXPECT_NE(list.out.find(std::string{one.name} + " "), std::string::npos) << one.name;
        const std::string path =
            std::string{ROLLCALL_SOURCE_DIR} + "/sim/scenarios/" + std::string{one.name} + ".txt";
        std::string problem;
        EXPECT_EQ(ask({"list", std::string{one.name}}).out, read_file(path, problem)) << problem;
    }
    EXPECT_GE(built_in_scenarios().size(), 15u);
    EXPECT_EQ(ask({"list", "nothing"}).code, kUsage);
}

TEST(Documentation, HasTheTablesOfTheParser) {
    std::string problem;
    const auto page = read_file(std::string{ROLLCALL_SOURCE_DIR} + "/docs/simulation.md", problem);
    ASSERT_TRUE(page) << problem;
    for (const std::string& table : {language_tables(), figure_table()}) {
        std::istringstream lines{table};
        for (std::string line; std::getline(lines, line);) {
            EXPECT_NE(page->find(line + "\n"), std::string::npos) << line;
        }
    }
}

TEST(Text, IsWrappedAtSpaces) {
    EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
    EXPECT_EQ(wrapped("one\ntwo", 1, 80), " one\n two\n");
}

}  // namespace
}  // namespace rollcall::sim
