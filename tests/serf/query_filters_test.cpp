// SPDX-License-Identifier: Apache-2.0
//
// Rule E2: the filters of a query, applied to the member "web-1".
#include "serf/query_filters.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/filter_bytes.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;

FilterVerdict judged(const std::vector<std::string>& filters, const Tags& tags = {}) {
    std::vector<Bytes> views;
    for (const std::string& filter : filters) views.push_back(as_bytes(filter));
    QueryFilters judge;
    return judge.judge(Time{}, views, {.name = "web-1", .tags = tags});
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
    while (long_one.size() + 2 <= QueryFilters::kMaxPattern) long_one += "|x";
    EXPECT_EQ(judged({tag_filter("role", long_one)}, tags), FilterVerdict::match);
    while (long_one.size() <= QueryFilters::kMaxPattern) long_one += "|x";
    EXPECT_EQ(judged({tag_filter("role", long_one)}, tags), FilterVerdict::no_match);
    EXPECT_EQ(judged({tag_filter("role", "(x{0,900}){0,1}y?x{900}|x")}, tags),
              FilterVerdict::match);
    // It would match, if it could be built in a quarter of a megabyte.
    EXPECT_EQ(judged({tag_filter("role", "x|\\pL{1000}|\\pL{1000}")}, tags),
              FilterVerdict::no_match);
}

TEST(RuleE2, ExpressionsPerSecondAreBounded) {
    const std::string filter = tag_filter("role", std::string(1008, 'x'));
    const std::vector<Bytes> one{as_bytes(filter)};
    const std::string name{
        "\0\x91\xa1"
        "a",
        4};
    const std::vector<Bytes> named{as_bytes(name)};
    const Tags none;
    QueryFilters judge;
    const AskedMember a{.name = "a", .tags = none};
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(judge.judge(Time{5s}, one, a), FilterVerdict::no_match) << i;
    }
    EXPECT_EQ(judge.judge(Time{5999ms}, one, a), FilterVerdict::over_budget);
    EXPECT_EQ(judge.judge(Time{5999ms}, named, a), FilterVerdict::match);  // names are cheap
    EXPECT_EQ(judge.judge(Time{6s}, one, a), FilterVerdict::no_match);
    // Expressions without a letter are work too.
    const std::string empty = tag_filter("role", "");
    const std::vector<Bytes> crowd(QueryFilters::kPatternsPerSecond, as_bytes(empty));
    EXPECT_EQ(judge.judge(Time{7s}, crowd, a), FilterVerdict::over_budget);
}

}  // namespace
}  // namespace rollcall::serf
