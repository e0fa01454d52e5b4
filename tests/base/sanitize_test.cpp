// SPDX-License-Identifier: Apache-2.0
#include "base/sanitize.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall {
namespace {

TEST(Sanitized, OrdinaryTextIsUnchanged) {
    for (const char* text : {"", "web-1.example", "M\xc3\xbcller", "\xe6\x9d\xb1\xe4\xba\xac",
                             "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", "a b\\x41"}) {
        EXPECT_EQ(sanitized(text), text);
    }
}

TEST(Sanitized, NoCharacterControlsTheTerminalOrEndsALine) {
    EXPECT_EQ(sanitized("a\x1b[2J\r\n\t\x7f"), "a\\x1b[2J\\x0d\\x0a\\x09\\x7f");
    EXPECT_EQ(sanitized("\xc2\x9b"
                        "31m"),
              "\\xc2\\x9b31m");  // U+009B is ESC [
    EXPECT_EQ(sanitized("\x9b"
                        "31m"),
              "\\x9b31m");  // to 8-bit terminals
    EXPECT_EQ(sanitized("a\xe2\x80\xa8"
                        "b"),
              "a\\xe2\\x80\\xa8b");  // U+2028: a line ends
    EXPECT_EQ(sanitized(std::string_view{"a\0b", 3}), "a\\x00b");
}

TEST(Sanitized, MarksOfTextDirectionAreEscaped) {
    EXPECT_EQ(sanitized("a\xe2\x80\xae"
                        "b"),
              "a\\xe2\\x80\\xaeb");                           // U+202E: from right to left
    EXPECT_EQ(sanitized("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");  // U+2066
    EXPECT_EQ(sanitized("\xd8\x9c"), "\\xd8\\x9c");           // U+061C
    EXPECT_EQ(sanitized("\xe2\x80\x8f"), "\\xe2\\x80\\x8f");  // U+200F
}

TEST(Sanitized, BytesThatAreNotUtf8AreShownInHexadecimal) {
    EXPECT_EQ(sanitized("\xff"
                        "a"),
              "\\xffa");
    EXPECT_EQ(sanitized("\xc3"), "\\xc3");           // cut short
    EXPECT_EQ(sanitized("\xc0\xaf"), "\\xc0\\xaf");  // overlong
    EXPECT_EQ(sanitized("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
    EXPECT_EQ(sanitized("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
    EXPECT_EQ(sanitized("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(sanitized("\xe2\x82z"), "\\xe2\\x82z");
}

TEST(Sanitized, ExemptedCharactersAreUnchanged) {
    EXPECT_EQ(sanitized("a\n\tb\x1b", "\n\t"), "a\n\tb\\x1b");
}

TEST(Sanitized, AHeadEndsBetweenCharacters) {
    EXPECT_EQ(sanitized_head("abc", 3), "abc");
    EXPECT_EQ(sanitized_head("abcd", 3), "abc...");
    EXPECT_EQ(sanitized_head("ab\xc3\xa9", 3), "ab...") << "a character of two bytes";
    EXPECT_EQ(sanitized_head("\x1b[2J", 2), "\\x1b[...");
}

TEST(Sanitized, LinesKeepNewlinesAndTabs) {
    EXPECT_EQ(sanitized_lines("a\n\tb\r\x1b"), "a\n\tb\\x0d\\x1b");
}

}  // namespace
}  // namespace rollcall
