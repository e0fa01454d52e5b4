// SPDX-License-Identifier: Apache-2.0
//
// The commands swarm, merge and shrink, as somebody types them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/program/commands.h"
#include "sim/program/swarm_flags.h"

namespace rollcall::sim {
namespace {

struct SwarmAnswer {
    int code = 0;
    std::string out, err;
};

std::string swarm_answer_of(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
        text += static_cast<char>(c);
    }
    std::fclose(file);
    return text;
}

SwarmAnswer typed(const std::vector<std::string>& words) {
    Console console;
    console.out = std::tmpfile();
    console.err = std::tmpfile();
    SwarmAnswer answer;
    answer.code = run_program(words, console);
    answer.out = swarm_answer_of(console.out);
    answer.err = swarm_answer_of(console.err);
    return answer;
}

class SwarmCommands : public testing::Test {
protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  ("rollcall-swarm-" + std::to_string(getpid()) + "-" + test->name());
        std::filesystem::create_directory(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream in{file(name)};
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{file(name)} << text;
    }

private:
    std::filesystem::path folder_;
};

const std::vector<std::string> kFewSmall{"swarm", "--seeds",   "6", "--nodes",
                                         "3..4",  "--threads", "2"};

std::vector<std::string> few_small(std::initializer_list<std::string> more) {
    std::vector<std::string> words = kFewSmall;
    words.insert(words.end(), more);
    return words;
}

std::string hash_in(const std::string& text) {
    const std::size_t at = text.find("hash 0x");
    return at == text.npos ? "no hash" : text.substr(at, 23);
}

TEST_F(SwarmCommands, ShardsMergeIntoTheHashOfTheWhole) {
    const SwarmAnswer whole = typed(few_small({}));
    EXPECT_EQ(whole.code, kHolds) << whole.out << whole.err;
    EXPECT_NE(whole.out.find("0 violations"), std::string::npos) << whole.out;
    for (const char* shard : {"1", "2"}) {
        const SwarmAnswer part =
            typed(few_small({"--shard", std::string{shard} + "/2", "--out", file(shard)}));
        EXPECT_EQ(part.code, kHolds) << part.out;
        EXPECT_NE(hash_in(part.out), hash_in(whole.out));
    }
    const SwarmAnswer merged = typed({"merge", file("1"), file("2")});
    EXPECT_EQ(merged.code, kHolds) << merged.err;
    EXPECT_EQ(hash_in(merged.out), hash_in(whole.out));

    const SwarmAnswer half = typed({"merge", file("2")});
    EXPECT_EQ(half.code, kUsage);
    EXPECT_EQ(half.err, "rollcall-sim: shard 1 of 2 is missing\n");
    write("bad", "{}");
    const SwarmAnswer bad = typed({"merge", file("bad")});
    EXPECT_EQ(bad.code, kUsage);
    EXPECT_EQ(bad.err, "rollcall-sim: " + file("bad") + ": swarm is missing\n");
}

TEST_F(SwarmCommands, OneSeedIsSavedAsAScenarioThatReplays) {
    const SwarmAnswer one =
        typed({"swarm", "--seed", "5", "--nodes", "3..4", "--save", file("five.txt")});
    EXPECT_EQ(one.code, kHolds) << one.out << one.err;
    EXPECT_NE(one.out.find("again: rollcall-sim swarm --seed 5 --nodes 3..4"), std::string::npos)
        << one.out;
    const SwarmAnswer replayed = typed({"replay", file("five.txt")});
    EXPECT_EQ(replayed.code, kHolds) << replayed.out << replayed.err;
}

TEST_F(SwarmCommands, AFailingScenarioIsShrunkToAFileThatFails) {
    write("crowd.txt",
          "nodes 6\nrun 40s\nat 1s update n1\nat 2s crash n5\nat 3s update n2..n3\n"
          "expect nobody dead\n");
    const SwarmAnswer shrunk =
        typed({"shrink", file("crowd.txt"), "--out", file("small.txt"), "--seed", "3"});
    ASSERT_EQ(shrunk.code, kHolds) << shrunk.out << shrunk.err;
    EXPECT_EQ(shrunk.out.substr(0, 12), "1 of 3 steps") << shrunk.out;
    const std::string small = read("small.txt");
    EXPECT_NE(small.find("crash n"), std::string::npos) << small;
    EXPECT_EQ(small.find("update"), std::string::npos) << small;
    EXPECT_EQ(typed({"run", file("small.txt")}).code, kBroken) << small;
}

TEST_F(SwarmCommands, WhatHoldsIsNotShrunk) {
    write("calm.txt", "nodes 3\nrun 5s\n");
    const SwarmAnswer answer = typed({"shrink", file("calm.txt")});
    EXPECT_EQ(answer.code, kBroken);
    EXPECT_NE(answer.err.find("nothing to shrink"), std::string::npos) << answer.err;
    EXPECT_EQ(typed({"shrink"}).code, kUsage);
}

TEST_F(SwarmCommands, WrongFlagsSayWhatIsAllowed) {
    struct Wrong {
        const char* flag;
        const char* value;
        const char* said;
    };
    for (const auto& [flag, value, said] :
         {Wrong{"--nodes", "2..9", "--nodes '2..9' is not allowed; allowed: A..B with 3 <= A"},
          Wrong{"--nodes", "9..5", "--nodes '9..5'"}, Wrong{"--nodes", "many", "--nodes 'many'"},
          Wrong{"--shard", "0/4", "--shard '0/4' is not allowed; allowed: I/N with 1 <= I <= N"},
          Wrong{"--shard", "3", "--shard '3'"}, Wrong{"--shard", "7/7", "N at most 6"},
          Wrong{"--from", "18446744073709551615", "--from plus --seeds is below 2^64"},
          Wrong{"--threads", "0", "--threads"}}) {
        std::vector<std::string> words{"swarm", "--seeds", "6", flag, value};
        const SwarmAnswer answer = typed(words);
        EXPECT_EQ(answer.code, kUsage) << flag << ' ' << value;
        EXPECT_NE(answer.err.find(said), std::string::npos) << answer.err;
    }
}

TEST_F(SwarmCommands, AResultThatCannotBeWrittenIsAnError) {
    const SwarmAnswer answer = typed(few_small({"--out", file("no/such/folder")}));
    EXPECT_EQ(answer.code, kBroken);
    EXPECT_NE(answer.err.find("cannot write"), std::string::npos) << answer.err;
}

}  // namespace
}  // namespace rollcall::sim
