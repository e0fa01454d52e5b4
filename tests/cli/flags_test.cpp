// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace rollcall::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<FlagShape, 4> kShapes{
    {{"rpc-addr", true}, {"name", true}, {"replay", false}, {"rpc-auth", true}}};

Result<NormalArguments, std::vector<Failure>> normal(const std::vector<std::string>& arguments) {
    return normalise(arguments, kShapes);
}

TEST(Flags, EverySpellingOfAValueIsTheSame) {
    for (const auto& spelling : std::vector<std::vector<std::string>>{
             {"-rpc-addr=h:1"}, {"-rpc-addr", "h:1"}, {"--rpc-addr=h:1"}, {"--rpc-addr", "h:1"}}) {
        const auto result = normal(spelling);
        ASSERT_TRUE(result) << spelling.front();
        EXPECT_THAT(result->flags, ElementsAre("--rpc-addr", "h:1"));
        EXPECT_THAT(result->positionals, IsEmpty());
    }
}

TEST(Flags, ASwitchTakesItsValueOnlyAfterAnEqualsSign) {
    EXPECT_THAT(normal({"-replay"})->flags, ElementsAre("--replay"));
    EXPECT_THAT(normal({"-replay=false"})->flags, ElementsAre("--replay=false"));
    EXPECT_THAT(normal({"--replay=T"})->flags, ElementsAre("--replay=true"));
    EXPECT_THAT(normal({"--replay=0"})->flags, ElementsAre("--replay=false"));

    const auto apart = normal({"-replay", "false"});
    EXPECT_THAT(apart->flags, ElementsAre("--replay"));
    EXPECT_THAT(apart->positionals, ElementsAre("false"));

    EXPECT_EQ(normal({"-replay=maybe"}).error()[0].message,
              "--replay: 'maybe' is neither true nor false");
    EXPECT_EQ(normal({"-replay="}).error()[0].message, "--replay: '' is neither true nor false");
}

TEST(Flags, AValueMayBeEmptyLookLikeAFlagOrHoldEqualsSigns) {
    EXPECT_THAT(normal({"-rpc-auth="})->flags, ElementsAre("--rpc-auth", ""));
    EXPECT_THAT(normal({"-name", "-x"})->flags, ElementsAre("--name", "-x"));
    EXPECT_THAT(normal({"-name=a=b"})->flags, ElementsAre("--name", "a=b"));
    EXPECT_EQ(normal({"-name"}).error()[0].message, "--name needs a value");
}

TEST(Flags, PositionalArgumentsMayStandBetweenFlags) {
    const auto result = normal({"10.0.0.1", "-replay", "[::1]:7946", "-"});
    EXPECT_THAT(result->flags, ElementsAre("--replay"));
    EXPECT_THAT(result->positionals, ElementsAre("10.0.0.1", "[::1]:7946", "-"));
}

TEST(Flags, AfterADoubleDashNothingIsAFlag) {
    const auto result = normal({"-replay", "--", "-name", "--"});
    EXPECT_THAT(result->flags, ElementsAre("--replay"));
    EXPECT_THAT(result->positionals, ElementsAre("-name", "--"));
}

TEST(Flags, HelpInAnySpellingEndsTheReading) {
    for (const char* word : {"-h", "-help", "--help"}) {
        EXPECT_TRUE(normal({"-replay", word, "-bogus"})->wants_help) << word;
    }
    EXPECT_FALSE(normal({"--", "-h"})->wants_help);
}

TEST(Flags, AnUnknownFlagIsRefusedAndTheNearestOneNamed) {
    const auto typo = normal({"-rpc-adr=x"});
    ASSERT_FALSE(typo);
    ASSERT_EQ(typo.error().size(), 1u);
    EXPECT_EQ(typo.error()[0].message, "unknown flag: --rpc-adr");
    EXPECT_EQ(typo.error()[0].hint, "did you mean --rpc-addr?");
    EXPECT_EQ(normal({"--completely-else"}).error()[0].hint, "");
}

TEST(Flags, AllThatIsWrongIsNamedAndNotOnlyTheFirst) {
    const auto wrong = normal({"-rpc-adr", "x", "--replay=maybe", "--nmae=y", "--name"});
    ASSERT_FALSE(wrong);
    std::vector<std::string> told;
    for (const Failure& failure : wrong.error()) {
        told.push_back(failure.message + (failure.hint.empty() ? "" : "; " + failure.hint));
    }
    EXPECT_THAT(told,
                ElementsAre("unknown flag: --rpc-adr; did you mean --rpc-addr?",
                            "--replay: 'maybe' is neither true nor false",
                            "unknown flag: --nmae; did you mean --name?", "--name needs a value"));
}

}  // namespace
}  // namespace rollcall::cli
