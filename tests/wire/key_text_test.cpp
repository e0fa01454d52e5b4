// SPDX-License-Identifier: Apache-2.0
#include "wire/key_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/base64.h"

namespace rollcall::wire {
namespace {

using testing::HasSubstr;

std::vector<std::byte> counting(std::size_t size) {
    std::vector<std::byte> key;
    for (std::size_t i = 0; i < size; ++i) key.push_back(static_cast<std::byte>(i));
    return key;
}

TEST(KeyText, TheFingerprintIsTheHeadOfTheRawKeysSha256) {
    // printf AAECAwQFBgcICQoLDA0ODw== | base64 -d | sha256sum | cut -c1-8
    EXPECT_EQ(key_fingerprint(counting(16)), "be45cb26");
    EXPECT_EQ(key_fingerprint(counting(32)), "630dcd29");
    EXPECT_EQ(key_fingerprint({}), "e3b0c442");
}

TEST(KeyText, AKeyOfEachSizeIsRead) {
    for (const std::size_t size : {16u, 24u, 32u}) {
        const auto key = parse_key(to_base64(counting(size)));
        ASSERT_TRUE(key) << key.error();
        EXPECT_EQ(*key, counting(size));
    }
}

TEST(KeyText, WhatIsWrongIsNamedWithoutRepeatingTheKey) {
    const std::string good = to_base64(counting(32));
    const std::string url = "__" + good.substr(2);
    struct Case {
        std::string text, why;
    };
    for (const Case& c :
         {Case{"", "is empty"}, Case{good + "\n", "ends with a newline"},
          Case{good + "\r\n", "ends with a newline"}, Case{good + " ", "ends with a blank"},
          Case{"\t" + good, "begins with a blank"}, Case{"\n" + good, "begins with a newline"},
          Case{good.substr(0, 8) + "\n" + good.substr(8), "contains a newline"},
          Case{good.substr(0, 8) + " " + good.substr(8), "contains a blank"},
          Case{url, "base64url"}, Case{good.substr(0, good.size() - 1), "lacks its padding"},
          Case{"abc", "is not base64"}, Case{"!" + good.substr(1), "is not base64"},
          Case{to_base64(counting(1)), "has 1 byte"}, Case{to_base64(counting(15)), "has 15 bytes"},
          Case{to_base64(counting(33)), "has 33 bytes"}}) {
        const auto key = parse_key(c.text);
        ASSERT_FALSE(key) << c.text;
        EXPECT_THAT(key.error(), HasSubstr(c.why));
        if (c.text.size() > 8) {
            EXPECT_EQ(key.error().find(c.text.substr(3, 5)), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace rollcall::wire
