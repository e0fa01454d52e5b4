// SPDX-License-Identifier: Apache-2.0
#include "cli/members_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/terminal/width.h"

namespace rollcall::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

rpc::Member screen_member(std::string name, std::string status = "alive",
                          rpc::StringMap tags = {}) {
    return {.name = std::move(name),
            .addr = WireAddress::v4(10, 0, 0, 1),
            .port = 7946,
            .tags = std::move(tags),
            .status = std::move(status)};
}

std::vector<std::string> screen_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

MembersView view_of(std::size_t columns, std::size_t rows) {
    return {.size = {columns, rows}, .agent = "n1", .time = "12:00:00"};
}

TEST(MembersScreen, ASummaryThenTheProblemsThenTheOthers) {
    std::vector<rpc::Member> members{
        screen_member("c"), screen_member("d", "failed"),  screen_member("b", "left"),
        screen_member("a"), screen_member("e", "leaving"), screen_member("f", "suspect")};
    sort_problems_first(members);
    EXPECT_THAT(
        screen_lines(members_screen(members, view_of(80, 24))),
        ElementsAre(
            "6 members: 1 failed, 1 suspect, 1 leaving, 1 left, 2 alive | agent n1 | 12:00:00",
            "NAME  ADDRESS        STATUS ",  //
            "d     10.0.0.1:7946  failed ",  //
            "f     10.0.0.1:7946  suspect",  //
            "e     10.0.0.1:7946  leaving",  //
            "b     10.0.0.1:7946  left   ",  //
            "a     10.0.0.1:7946  alive  ",  //
            "c     10.0.0.1:7946  alive  ", "q quits"));
}

TEST(MembersScreen, NeverExceedsTheScreen) {
    std::vector<rpc::Member> members;
    for (int i = 0; i < 40; ++i) {
        members.push_back(screen_member("名前-🚀-" + std::string(static_cast<std::size_t>(i), 'x'),
                                        i % 7 == 0 ? "failed" : "alive",
                                        {{"role", std::string(100, 'y')}}));
    }
    sort_problems_first(members);
    for (const std::size_t columns : {1u, 5u, 12u, 20u, 40u, 60u, 80u, 200u}) {
        for (const std::size_t rows : {1u, 2u, 3u, 4u, 10u, 24u, 100u}) {
            const auto lines = screen_lines(members_screen(members, view_of(columns, rows)));
            EXPECT_LE(lines.size(), rows);
            for (const std::string& line : lines) {
                // The status is shown even where it does not fit: the terminal cuts it.
                if (columns >= 20) {
                    EXPECT_LE(width_of(line), columns) << line;
                }
            }
        }
    }
}

TEST(MembersScreen, ALongListIsScrolledAndItsPlaceIsShown) {
    std::vector<rpc::Member> members;
    for (int i = 10; i < 40; ++i) members.push_back(screen_member("n" + std::to_string(i)));
    MembersView view = view_of(80, 10);
    EXPECT_EQ(members_per_page(view.size), 7u);
    const auto first = screen_lines(members_screen(members, view));
    EXPECT_EQ(first.back(), "1 to 7 of 30; arrows scroll, q quits");
    EXPECT_THAT(first[2], HasSubstr("n10"));
    view.first = last_page(members.size(), view.size);
    const auto last = screen_lines(members_screen(members, view));
    EXPECT_EQ(last.back(), "24 to 30 of 30; arrows scroll, q quits");
    EXPECT_THAT(last[8], HasSubstr("n39"));
    view.first = 1000;  // after a smaller list came
    EXPECT_EQ(screen_lines(members_screen(members, view)), last);
}

TEST(MembersScreen, ANarrowScreenShortensNamesAndDropsAddresses) {
    const std::vector<rpc::Member> members{
        screen_member("a-very-long-name-of-a-member", "failed", {{"role", "web"}})};
    EXPECT_THAT(members_screen(members, view_of(50, 10)),
                AllOf(HasSubstr("…"), HasSubstr("10.0.0.1:7946"), HasSubstr("failed")));
    EXPECT_THAT(members_screen(members, view_of(28, 10)),
                AllOf(HasSubstr("a-very-long-name-o…  failed"), Not(HasSubstr("10.0.0.1"))));
}

TEST(MembersScreen, NamesFromTheNetworkCannotPaintTheTerminal) {
    const std::vector<rpc::Member> members{
        screen_member("evil\x1b[2J\n", "ali\x1bve", {{"k\r", "v"}})};
    const std::string text = members_screen(members, view_of(80, 10));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(screen_lines(text).size(), 4u);
    EXPECT_THAT(text, HasSubstr("1 member: 1 unknown"));
}

TEST(MembersScreen, ColoursTakeNoRoom) {
    const std::vector<rpc::Member> members{screen_member("a", "failed", {{"k", "v"}})};
    MembersView view = view_of(80, 10);
    view.colour = true;
    EXPECT_THAT(members_screen(members, view), HasSubstr("\x1b[31mfailed \x1b[0m  k=v"));
}

}  // namespace
}  // namespace rollcall::cli
