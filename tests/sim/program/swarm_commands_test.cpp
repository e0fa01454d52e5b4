// SPDX-License-Identifier: Apache-2.0
//
// The commands swarm, merge and shrink on the command line.
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "ask.h"
#include "sim/program/commands.h"
#include "sim/program/swarm_flags.h"

namespace rollcall::sim {
namespace {

class SwarmCommands : public WithFolder {};

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
    const Answer whole = ask(few_small({}));
    EXPECT_EQ(whole.code, kHolds) << whole.out << whole.err;
    EXPECT_NE(whole.out.find("0 violations"), std::string::npos) << whole.out;
    for (const char* shard : {"1", "2"}) {
        const Answer part =
            ask(few_small({"--shard", std::string{shard} + "/2", "--out", path(shard)}));
        EXPECT_EQ(part.code, kHolds) << part.out;
        EXPECT_NE(hash_in(part.out), hash_in(whole.out));
    }
    const Answer merged = ask({"merge", path("1"), path("2")});
    EXPECT_EQ(merged.code, kHolds) << merged.err;
    EXPECT_EQ(hash_in(merged.out), hash_in(whole.out));

    const Answer half = ask({"merge", path("2")});
    EXPECT_EQ(half.code, kUsage);
    EXPECT_EQ(half.err, "rollcall-sim: shard 1 of 2 is missing\n");
    write("bad", "{}");
    const Answer bad = ask({"merge", path("bad")});
    EXPECT_EQ(bad.code, kUsage);
    EXPECT_EQ(bad.err, "rollcall-sim: " + path("bad") + ": swarm is missing\n");
}

TEST_F(SwarmCommands, AProfileIsThatOfAllClusters) {
    const Answer fast = ask({"swarm", "--seed", "3", "--nodes", "3", "--profile", "fast"});
    EXPECT_EQ(fast.code, kHolds) << fast.out << fast.err;
    EXPECT_NE(fast.out.find("\nprofile fast\n"), std::string::npos) << fast.out;
    EXPECT_NE(fast.out.find("--profile fast"), std::string::npos) << fast.out;
    const Answer unknown = ask(few_small({"--profile", "fastest"}));
    EXPECT_EQ(unknown.code, kUsage);
    EXPECT_EQ(unknown.err,
              "rollcall-sim: --profile 'fastest' is not allowed; allowed: lan, wan, "
              "local, fast or fast-wan\n");
    EXPECT_EQ(ask(few_small({"--profile", "fast", "--leaves"})).code, kUsage);
}

TEST_F(SwarmCommands, AnAdversaryIsDrawnInsteadOfFaults) {
    const Answer one =
        ask({"swarm", "--seed", "5", "--nodes", "3..4", "--adversary", "--save", path("five.txt")});
    EXPECT_NE(one.out.find("\nadversary "), std::string::npos) << one.out;
    EXPECT_NE(one.out.find("again: rollcall-sim swarm --seed 5 --nodes 3..4 --adversary"),
              std::string::npos)
        << one.out;
    const Answer replayed = ask({"replay", path("five.txt")});
    EXPECT_EQ(replayed.code, one.code) << replayed.out << replayed.err;
    EXPECT_NE(replayed.out.find("hash"), std::string::npos) << replayed.out;
    EXPECT_EQ(ask({"swarm", "--adversary", "--leaves"}).err,
              "rollcall-sim: of --news, --leaves and --adversary only one is allowed\n");
    EXPECT_EQ(ask({"swarm", "--adversary", "--profile", "fast"}).code, kUsage);
}

// A whole swarm's result, or a paper's, is larger than any scenario.
TEST_F(SwarmCommands, AResultOfSeveralMebibytesIsMergedButNotRun) {
    const Answer whole = ask(few_small({"--out", path("whole")}));
    write("large", read("whole") + std::string(3u << 20, ' '));
    EXPECT_EQ(hash_in(ask({"merge", path("large")}).out), hash_in(whole.out));
    EXPECT_EQ(
        ask({"run", path("large")}).err,
        "rollcall-sim: '" + path("large") + "' is larger than 1 MiB; allowed: smaller files\n");
}

TEST_F(SwarmCommands, OneSeedIsSavedAsAScenarioThatReplays) {
    const Answer one = ask({"swarm", "--seed", "5", "--nodes", "3..4", "--save", path("five.txt")});
    EXPECT_EQ(one.code, kHolds) << one.out << one.err;
    EXPECT_NE(one.out.find("again: rollcall-sim swarm --seed 5 --nodes 3..4"), std::string::npos)
        << one.out;
    const Answer replayed = ask({"replay", path("five.txt")});
    EXPECT_EQ(replayed.code, kHolds) << replayed.out << replayed.err;
}

TEST_F(SwarmCommands, AFailingScenarioIsShrunk) {
    write("crowd.txt",
          "nodes 6\nrun 40s\nat 1s update n1\nat 2s crash n5\nat 3s update n2..n3\n"
          "expect nobody dead\n");
    const Answer shrunk =
        ask({"shrink", path("crowd.txt"), "--out", path("small.txt"), "--seed", "3"});
    ASSERT_EQ(shrunk.code, kHolds) << shrunk.out << shrunk.err;
    EXPECT_EQ(shrunk.out.substr(0, 12), "1 of 3 steps") << shrunk.out;
    const std::string small = read("small.txt");
    EXPECT_NE(small.find("crash n"), std::string::npos) << small;
    EXPECT_EQ(small.find("update"), std::string::npos) << small;
    EXPECT_EQ(ask({"run", path("small.txt")}).code, kBroken) << small;
}

TEST_F(SwarmCommands, AScenarioThatHoldsIsNotShrunk) {
    write("calm.txt", "nodes 3\nrun 5s\n");
    const Answer answer = ask({"shrink", path("calm.txt")});
    EXPECT_EQ(answer.code, kBroken);
    EXPECT_NE(answer.err.find("nothing to shrink"), std::string::npos) << answer.err;
    EXPECT_EQ(ask({"shrink"}).code, kUsage);
}

TEST_F(SwarmCommands, WrongFlagsAreReportedWithWhatIsAllowed) {
    struct Wrong {
        const char* flag;
        const char* value;
        const char* error;
    };
    for (const auto& [flag, value, error] :
         {Wrong{"--nodes", "2..9", "--nodes '2..9' is not allowed; allowed: A..B with 3 <= A"},
          Wrong{"--nodes", "9..5", "--nodes '9..5'"}, Wrong{"--nodes", "many", "--nodes 'many'"},
          Wrong{"--shard", "0/4", "--shard '0/4' is not allowed; allowed: I/N with 1 <= I <= N"},
          Wrong{"--shard", "3", "--shard '3'"}, Wrong{"--shard", "7/7", "N at most 6"},
          Wrong{"--from", "18446744073709551615", "--from plus --seeds is below 2^64"},
          Wrong{"--threads", "0", "--threads"}}) {
        std::vector<std::string> words{"swarm", "--seeds", "6", flag, value};
        const Answer answer = ask(words);
        EXPECT_EQ(answer.code, kUsage) << flag << ' ' << value;
        EXPECT_NE(answer.err.find(error), std::string::npos) << answer.err;
    }
}

TEST_F(SwarmCommands, AResultThatCannotBeWrittenIsAnError) {
    const Answer answer = ask(few_small({"--out", path("no/such/folder")}));
    EXPECT_EQ(answer.code, kBroken);
    EXPECT_NE(answer.err.find("cannot open"), std::string::npos) << answer.err;
}

}  // namespace
}  // namespace rollcall::sim
