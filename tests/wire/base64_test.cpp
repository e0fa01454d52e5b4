// SPDX-License-Identifier: Apache-2.0
#include "wire/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace rollcall::wire {
namespace {

TEST(Base64, WhatGoesInComesOut) {
    std::vector<std::byte> bytes;
    for (int size = 0; size < 70; ++size) {
        const auto back = from_base64(to_base64(bytes));
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, bytes);
        bytes.push_back(static_cast<std::byte>(size * 37));
    }
}

TEST(Base64, OneKeyHasOneSpelling) {
    EXPECT_TRUE(from_base64("AAECAwQFBgcICQoLDA0ODw=="));
    for (const char* bad : {"AAECAwQFBgcICQoLDA0ODw=", "AAECAwQFBgcICQoLDA0ODx==", "AA EC",
                            "A===", "AAE=AAE=", "AAEC\n"}) {
        EXPECT_FALSE(from_base64(bad)) << bad;
    }
}

// What Go's decoder says of these, tried with a real Serf agent for the first.
TEST(Base64, TheBadByteIsTheOneThatSerfNames) {
    const std::vector<std::pair<std::string, std::size_t>> bad{
        {"not-base64!", 3}, {"A", 0},     {"AB", 0},      {"ABC", 0},  {"ABCDE", 4},
        {"=ABC", 0},        {"A=BC", 1},  {"AB=C", 2},    {"AB=", 3},  {"AB==X", 4},
        {"ABC=X", 4},       {"AB\nC", 1}, {"ABC\n=X", 5}, {"ABC!", 3}, {"ABCDE=", 5}};
    for (const auto& [text, at] : bad) {
        EXPECT_FALSE(from_base64(text)) << text;
        EXPECT_EQ(base64_error_at(text), at) << text;
    }
}

}  // namespace
}  // namespace rollcall::wire
