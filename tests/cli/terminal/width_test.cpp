// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/width.h"

#include <gtest/gtest.h>

#include "cli/terminal/table.h"

namespace rollcall::cli {
namespace {

TEST(Width, CountsColumnsNotCharacters) {
    EXPECT_EQ(width_of(""), 0u);
    EXPECT_EQ(width_of("web-1"), 5u);
    EXPECT_EQ(width_of("Ελλάς"), 5u);
    EXPECT_EQ(width_of("日本"), 4u);
    EXPECT_EQ(width_of("서울"), 4u);
    EXPECT_EQ(width_of("ﾆﾎﾝ"), 3u);   // half-width
    EXPECT_EQ(width_of("ＡＢ"), 4u);  // full-width
    EXPECT_EQ(width_of("🚀x"), 3u);
    EXPECT_EQ(width_of("e\xcc\x81"), 1u);  // e and a combining acute accent
    EXPECT_EQ(width_of("a\xe2\x80\x8b"
                       "b"),
              2u);  // with a zero-width space
    EXPECT_EQ(width_of("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"), 4u);  // joined emoji
    EXPECT_EQ(width_of("soft\xc2\xadhyphen"), 11u);
}

// Sanitized text has none, but a width must not read past the end.
TEST(Width, AnInvalidByteTakesOneColumn) {
    EXPECT_EQ(width_of("a\xff"
                       "b"),
              3u);
    EXPECT_EQ(width_of("\xe6\x97"), 2u);
    EXPECT_EQ(width_of("\x80"), 1u);
}

TEST(Width, ALongTextEndsWithAnEllipsisWithinItsColumns) {
    EXPECT_EQ(shortened("abcdef", 6), "abcdef");
    EXPECT_EQ(shortened("abcdef", 5), "abcd…");
    EXPECT_EQ(shortened("abcdef", 1), "…");
    EXPECT_EQ(shortened("abcdef", 0), "");
    EXPECT_EQ(shortened("日本語", 5), "日本…");
    EXPECT_EQ(shortened("日本語", 4), "日…");  // the second would not fit beside it
    EXPECT_EQ(shortened("xe\xcc\x81zzz", 3), "xe\xcc\x81…");
    EXPECT_EQ(fitted("日本語", 4), "日… ");
    EXPECT_EQ(fitted("ab", 4), "ab  ");
    for (std::size_t columns = 0; columns < 12; ++columns) {
        EXPECT_EQ(width_of(fitted("a日e\xcc\x81🚀本b", columns)), columns);
    }
}

TEST(PlainTable, ColumnsAreAsWideAsTheirWidestCell) {
    EXPECT_EQ(plain_table({{"NAME", "PID"}, {"日本語", "1"}, {"n", "23"}}),
              "NAME    PID\n"
              "日本語  1\n"
              "n       23");
}

}  // namespace
}  // namespace rollcall::cli
