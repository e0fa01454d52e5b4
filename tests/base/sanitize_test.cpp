// SPDX-License-Identifier: Apache-2.0
#include "base/sanitize.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall {
namespace {

TEST(Harmless, WhatPeopleWriteIsLeftAlone) {
    for (const char* text : {"", "web-1.example", "M\xc3\xbcller", "\xe6\x9d\xb1\xe4\xba\xac",
                             "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", "a b\\x41"}) {
        EXPECT_EQ(sanitize_text(text), text);
    }
}

TEST(Harmless, NothingControlsATerminalOrALine) {
    EXPECT_EQ(sanitize_text("a\x1b[2J\r\n\t\x7f"), "a\\x1b[2J\\x0d\\x0a\\x09\\x7f");
    EXPECT_EQ(sanitize_text("\xc2\x9b"
                            "31m"),
              "\\xc2\\x9b31m");  // U+009B is ESC [
    EXPECT_EQ(sanitize_text("\x9b"
                            "31m"),
              "\\x9b31m");  // to 8-bit terminals
    EXPECT_EQ(sanitize_text("a\xe2\x80\xa8"
                            "b"),
              "a\\xe2\\x80\\xa8b");  // U+2028: a line ends
    EXPECT_EQ(sanitize_text(std::string_view{"a\0b", 3}), "a\\x00b");
}

TEST(Harmless, NoNameIsShownAsAnother) {
    EXPECT_EQ(sanitize_text("a\xe2\x80\xae"
                            "b"),
              "a\\xe2\\x80\\xaeb");                               // U+202E: from right to left
    EXPECT_EQ(sanitize_text("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");  // U+2066
    EXPECT_EQ(sanitize_text("\xd8\x9c"), "\\xd8\\x9c");           // U+061C
    EXPECT_EQ(sanitize_text("\xe2\x80\x8f"), "\\xe2\\x80\\x8f");  // U+200F
}

TEST(Harmless, BytesThatAreNoUtf8AreShownAsBytes) {
    EXPECT_EQ(sanitize_text("\xff"
                            "a"),
              "\\xffa");
    EXPECT_EQ(sanitize_text("\xc3"), "\\xc3");           // cut short
    EXPECT_EQ(sanitize_text("\xc0\xaf"), "\\xc0\\xaf");  // overlong
    EXPECT_EQ(sanitize_text("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
    EXPECT_EQ(sanitize_text("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
    EXPECT_EQ(sanitize_text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(sanitize_text("\xe2\x82z"), "\\xe2\\x82z");
}

TEST(Harmless, WhatIsSparedStays) {
    EXPECT_EQ(sanitize_text("a\n\tb\x1b", "\n\t"), "a\n\tb\\x1b");
}

}  // namespace
}  // namespace rollcall
