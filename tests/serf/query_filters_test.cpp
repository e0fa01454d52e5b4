// SPDX-License-Identifier: Apache-2.0
//
// Rule E2: the filters of a query, applied to the member "web-1".
#include "serf/query_filters.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/busy_clock.h"
#include "serf/filter_bytes.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;

FilterVerdict judged(const std::vector<std::string>& filters, const Tags& tags = {}) {
    std::vector<Bytes> views;
    for (const std::string& filter : filters) views.push_back(as_bytes(filter));
    QueryFilters judge{still_clock()};
    return judge.judge(views, {.name = "web-1", .tags = tags});
}

TEST(RuleE2, FiltersSelectMembers) {
    const Tags tags{{"role", "db2"}, {"dc", "east"}, {"empty", ""}, {"snow", "\xe2\x98\x83"}};
    const auto bytes = [](auto& literal) { return std::string{literal, sizeof literal - 1}; };
    const auto tag = tag_filter;
    struct Row {
        const char* what;
        std::vector<std::string> filters;
        bool matches;
    };
    const std::vector<Row> rows{
        {"no filter", {}, true},
        {"our name among others", {bytes("\0\x92\xa5web-0\xa5web-1")}, true},
        {"our name as str8 and as bin",
         {bytes("\0\x91\xd9\x05web-1"), bytes("\0\x91\xc4\x05web-1")},
         true},
        {"other names", {bytes("\0\x92\xa5web-0\xa5web-2")}, false},
        {"a name that begins like ours", {bytes("\0\x91\xa6web-10")}, false},
        {"no names", {bytes("\0\x90")}, false},
        {"nil for names", {bytes("\0\xc0")}, false},
        {"our name, then a list cut short", {bytes("\0\x92\xa5web-1")}, false},
        {"our name, then a number", {bytes("\0\x92\xa5web-1\x05")}, false},
        {"a map for names", {bytes("\0\x81\xa5web-1\xa1x")}, false},
        {"the expression somewhere in the value", {tag("role", "b")}, true},
        {"anchored at both ends", {tag("role", "^db[0-9]$")}, true},
        {"anchored and too short", {tag("role", "^db$")}, false},
        {"alternatives", {tag("dc", "west|east")}, true},
        {"case matters", {tag("dc", "EAST")}, false},
        {"unless disabled", {tag("dc", "(?i)EAST")}, true},
        {"a missing tag is empty", {tag("nosuch", "^$")}, true},
        {"a missing tag is nothing else", {tag("nosuch", ".")}, false},
        {"an empty tag", {tag("empty", "^$")}, true},
        {"an empty expression is found anywhere", {tag("role", "")}, true},
        {"a letter of several bytes is one", {tag("snow", "^.$")}, true},
        {"an expression that is none", {tag("role", "[")}, false},
        {"a look-ahead, which RE2 has not", {tag("role", "(?=d)")}, false},
        {"an expression in no encoding", {tag("role", "\xff")}, false},
        {"fields in the other order, one unknown",
         {bytes("\1\x83\xa3Tag\xa4role\xa1X\xc3\xa4"
                "Expr\xa1"
                "b")},
         true},
        {"fields by position",
         {bytes("\1\x92\xa4role\xa1"
                "b")},
         true},
        {"no fields: any value of the tag without a name", {bytes("\1\x80")}, true},
        {"a number for the tag",
         {bytes("\1\x82\xa3Tag\x05\xa4"
                "Expr\xa1"
                "b")},
         false},
        {"cut short",
         {bytes("\1\x82\xa3Tag\xa4role\xa4"
                "Expr\xa2"
                "b")},
         false},
        {"a body that is missing", {bytes("\1")}, false},
        {"a filter of no bytes", {""}, false},
        {"an undefined kind", {bytes("\2\x91\xa5web-1")}, false},
        {"two that match", {bytes("\0\x91\xa5web-1"), tag("role", "db")}, true},
        {"one of two", {bytes("\0\x91\xa5web-1"), tag("role", "web")}, false},
        {"the other of two", {bytes("\0\x91\xa5web-2"), tag("role", "db")}, false},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(judged(row.filters, tags),
                  row.matches ? FilterVerdict::match : FilterVerdict::no_match)
            << row.what;
    }
}

TEST(RuleE2, ExpressionsAreBoundedInLengthAndMemory) {
    const Tags tags{{"role", std::string(500, 'x')}};
    EXPECT_EQ(judged({tag_filter("role", "x" + std::string(1023, '?'))}, tags),
              FilterVerdict::no_match);  // well within its length, and no expression
    EXPECT_EQ(judged({tag_filter("role", std::string(400, 'x'))}, tags), FilterVerdict::match);
    std::string long_one = "x";
    while (long_one.size() + 2 <= Patterns::kMaxPattern) long_one += "|x";
    EXPECT_EQ(judged({tag_filter("role", long_one)}, tags), FilterVerdict::match);
    while (long_one.size() <= Patterns::kMaxPattern) long_one += "|x";
    EXPECT_EQ(judged({tag_filter("role", long_one)}, tags), FilterVerdict::no_match);
    EXPECT_EQ(judged({tag_filter("role", "(x{0,900}){0,1}y?x{900}|x")}, tags),
              FilterVerdict::match);
    // It would match, if it could be built in a quarter of a megabyte.
    EXPECT_EQ(judged({tag_filter("role", "x|\\pL{1000}|\\pL{1000}")}, tags),
              FilterVerdict::no_match);
}

// --- time ----------------------------------------------------------------------------------------

class RuleE2Time : public testing::Test {
protected:
    BusyClock clock;
    Patterns patterns{clock};
};

TEST_F(RuleE2Time, AnExpressionIsCompiledOnce) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(patterns.find("db2", "db[0-9]"), Found::yes);
        EXPECT_EQ(patterns.find("db2", "["), Found::no);
        EXPECT_EQ(patterns.find("db2", "\\pL{1000}"), Found::no);  // too large
    }
    EXPECT_EQ(patterns.compiled(), 3u);
}

TEST_F(RuleE2Time, TooLargeOnesAreRefused) {
    // Well within its memory, and more instructions than allowed.
    EXPECT_EQ(patterns.find("x", "x{0,1000}x{0,1000}"), Found::yes);
    EXPECT_EQ(patterns.find("x", "x{0,1000}x{0,1000}x{0,1000}"), Found::no);
}

TEST_F(RuleE2Time, TheCacheIsBoundedAndKeepsWhatIsUsed) {
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(patterns.find("db2", "db"), Found::yes);
        EXPECT_EQ(patterns.find("db2", "no" + std::to_string(i)), Found::no);
        EXPECT_LE(patterns.kept(), Patterns::kMaxKept);
        EXPECT_LE(patterns.kept_bytes(), Patterns::kMaxKeptBytes);
    }
    EXPECT_EQ(patterns.compiled(), 1001u);
    for (int i = 0; i < 1000; ++i) {
        static_cast<void>(patterns.compile(std::string(900, 'x') + std::to_string(i)));
        EXPECT_LE(patterns.kept_bytes(), Patterns::kMaxKeptBytes);
    }
}

TEST_F(RuleE2Time, CompilingHasASmallShareOfTheTime) {
    clock.step = 10ms;  // for each expression
    const Time start = clock.time;
    std::uint64_t looked_at = 0;
    for (int i = 0; clock.time - start < 100s; ++i) {
        if (patterns.compile("x" + std::to_string(i)).over_budget) {
            clock.time += 5ms;
        } else {
            ++looked_at;
        }
    }
    EXPECT_GT(looked_at, 100u);  // 10 ms each, of 100 s
    EXPECT_LT(looked_at, 500u);
}

TEST_F(RuleE2Time, AFloodOfNewExpressionsDoesNotStopThoseInUse) {
    EXPECT_EQ(patterns.find("db2", "db"), Found::yes);
    clock.step = 40ms;
    EXPECT_FALSE(patterns.compile("new").over_budget);
    clock.step = {};
    EXPECT_TRUE(patterns.compile("newer").over_budget);
    EXPECT_EQ(patterns.find("db2", "newest"), Found::over_budget);
    EXPECT_EQ(patterns.find("db2", "db"), Found::yes);
    clock.time += 2s;
    EXPECT_EQ(patterns.find("db2", "newest"), Found::no);
}

TEST_F(RuleE2Time, MatchingHasAShareOfItsOwn) {
    EXPECT_EQ(patterns.find("db2", "db"), Found::yes);
    clock.step = 40ms;
    EXPECT_EQ(patterns.find("db2", "db"), Found::yes);
    clock.step = {};
    EXPECT_EQ(patterns.find("db2", "db"), Found::over_budget);
    clock.time += 1s;
    EXPECT_EQ(patterns.find("db2", "db"), Found::yes);
}

TEST_F(RuleE2Time, AQueryBeyondItIsUndecided) {
    QueryFilters judge{clock};
    const Tags none;
    const AskedMember a{.name = "a", .tags = none};
    const auto judged_one = [&](const std::string& filter) {
        const std::vector<Bytes> one{as_bytes(filter)};
        return judge.judge(one, a);
    };
    const std::string name{
        "\0\x91\xa1"
        "a",
        4};
    clock.step = 40ms;
    EXPECT_EQ(judged_one(tag_filter("role", "x")), FilterVerdict::no_match);
    EXPECT_EQ(judged_one(tag_filter("role", "y")), FilterVerdict::over_budget);
    EXPECT_EQ(judged_one(name), FilterVerdict::match);  // names are cheap
}

}  // namespace
}  // namespace rollcall::serf
